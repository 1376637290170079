/** The training panel: live numbers of a run, a pause and a stop button, and sliders that act at its next step. */
import { randomUUID } from 'node:crypto';
import { displayBundle } from '../core/display';
import { markdownText } from '../core/markup';
import { hasReader, openWidget, type Widget } from './widget';
import type { Change } from '../runs/run';
import {
  addWish,
  ordersOf,
  panelState,
  type PanelState,
  type Wish,
  type Wishes,
} from './panelState';
import { readView } from './readView';
import type { Steering } from '../stages/loop/steering';

/**
 * Returns a panel to be given to `runRL`, with which a person steers the run. The panel opens under the cell when the
 * run starts, and a line of text takes its place when the run ends. Where no browser listens, it steers nothing.
 */
export function trainingPanel(): Steering {
  let id = '';
  let widget: Widget | null = null;
  const wishes: Wishes = { now: {} };
  let changes: readonly Change[] = [];

  const open = (state: PanelState): Widget | null => {
    const opened = openWidget({
      ...readView('trainingPanel'),
      state: { state, wish: null },
      text: 'the training panel: it needs JupyterLab and a running kernel',
      onChange: (patch) => addWish(wishes, (patch.wish ?? {}) as Wish),
    });
    id = randomUUID();
    if (opened) displayBundle(opened.bundle, id);
    return opened;
  };

  return {
    async before(standing) {
      if (!hasReader()) return {};
      widget ??= open(panelState(standing, {}, false));
      return ordersOf(standing, wishes, (state) => {
        widget?.set({ state });
        changes = state.changes;
      });
    },
    end() {
      if (!widget) return;
      const text = `Steered by hand: ${changes.map(changeText).join('; ') || 'no change'}.`;
      widget.close();
      widget = null;
      wishes.now = {};
      displayBundle({ 'text/markdown': `*${markdownText(text)}*`, 'text/plain': text }, id, true);
    },
  };
}

const changeText = ({ step, name, value }: Change): string => `${name} ${value} from step ${step}`;
