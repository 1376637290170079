/** The settings of stages by the one rule, `settingsFrom`. What the preset changes in a whole kind belongs to the defaults. */
import { baseSettings, rlSettings, settingsFrom, sftSettings } from '../stages/settings';
import type { BaseSettings, RLSettings, SftSettings } from '../stages/settings';
import { callerOf } from './kinds';
import type { Asked } from './stage';

/** Settings of a pre-training that differs from others in `stage`. */
export const baseLayers = ({ preset, caller }: Asked, stage: Partial<BaseSettings>): BaseSettings =>
  settingsFrom({
    defaults: baseSettings(preset.size, preset.base),
    stage,
    caller: callerOf('pre-training', caller),
  });

/** Settings of a reinforcement learning that differs from others in `stage`, and in this preset in `ofPreset`. */
export const rlLayers = (
  { preset, caller }: Asked,
  stage: Partial<RLSettings> = {},
  ofPreset: Partial<RLSettings> = {},
): RLSettings =>
  settingsFrom({
    defaults: rlSettings(preset.size, preset.rl),
    stage,
    preset: ofPreset,
    caller: callerOf('RL', caller),
  });

/** Settings of a fine-tuning that differs from others in `stage`, and in this preset in `ofPreset`. */
export const sftLayers = (
  { preset }: Asked,
  stage: Partial<SftSettings> = {},
  ofPreset: Partial<SftSettings> = {},
): SftSettings =>
  settingsFrom({ defaults: sftSettings(preset.size, preset.sft), stage, preset: ofPreset });
