/** The training panel of the notebooks, on a page. */
import panelView from '../../../workbook/views/trainingPanel.mjs';
import type { PanelState, Wish } from '../../../workbook/panelState';

/** A panel that shows states and sends wishes. */
export interface Panel {
  readonly element: HTMLElement;
  show(state: PanelState): void;
}

/** Makes a panel with its first state. `send` gets what the reader wishes. */
export function createPanel(first: PanelState, send: (wish: Wish) => void): Panel {
  const element = document.createElement('div');
  let state = first;
  let redraw = (): void => undefined;
  panelView.render({
    model: {
      get: () => state,
      set: (_, wish) => send(wish),
      save_changes: () => undefined,
      on: (_, call) => (redraw = call),
    },
    el: element,
  });
  return {
    element,
    show(next) {
      state = next;
      redraw();
    },
  };
}
