/** Measurements of what thinking longer buys, as stages. */
import { settingsFrom } from '../stages/settings';
import { defaultTestTime, measureModels, type TestTimeSettings } from '../stages/testTime';
import type { Stage } from './stage';

/** A measurement of the models of these stages, one after another. */
const testTime = <Name extends string>(
  ...needs: Name[]
): Stage<Name, { run: TestTimeSettings }> => ({
  kind: 'measuring',
  needs,
  anyBase: true,
  settings: ({ preset }) => ({
    run: settingsFrom({ defaults: defaultTestTime, preset: preset.testTime }),
  }),
  make: async (job, { run }) => ({
    info: await measureModels({ ...job, stages: needs, settings: run }),
  }),
});

export const testTimes = {
  'test-time': testTime('base', 'r1-zero', 'dev1', 'dev2', 'dev3', 'r1'),
} as const satisfies Record<string, Stage>;

export const testTimeArms = {
  'test-time-students': {
    ...testTime('base', 'student-rl', 'distilled', 'distilled-rl'),
    ofStudents: true,
  },
  'test-time-generations': testTime('base', 'gen1', 'gen2', 'gen3', 'gen4'),
} as const satisfies Record<string, Stage>;
