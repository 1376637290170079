/** A small program in the browser that talks with the kernel: an anywidget whose model is kept here, without Python. */
import type { Bundle } from '../core/display';
import { hashText } from '../core/random';

interface Comm {
  readonly id: string;
  send(content: unknown): void;
  close(): void;
}
/** The state that a widget shares with its view. */
export type State = Record<string, unknown>;
interface Message {
  readonly method: string;
  readonly state?: State;
}
interface Comms {
  open(
    target: string,
    data: unknown,
    onMessage: (message: Message, reply: (answer: unknown) => void) => void,
    metadata: object,
  ): Comm;
}

// The kernel's launcher puts it there; elsewhere there is none.
const key = Symbol.for('r1.comm');
const shared = globalThis as unknown as Record<symbol, Comms | undefined>;

export interface Widget {
  /** what to display */
  readonly bundle: Bundle;
  /** changes the model in the browser */
  set(patch: State): void;
  close(): void;
}

export interface WidgetOptions {
  /** the program: a JavaScript module with a `render({ model, el })` as its default export's */
  readonly esm: string;
  readonly css: string;
  readonly state: State;
  /** shown where no widget can be */
  readonly text: string;
  /** gets every change that is made in the browser */
  readonly onChange: (patch: State) => void;
}

const anywidget = {
  _model_module: 'anywidget',
  _model_name: 'AnyModel',
  _model_module_version: '~0.11.*',
  _view_module: 'anywidget',
  _view_name: 'AnyView',
  _view_module_version: '~0.11.*',
  _view_count: null,
};

/** Whether a person may be in front of a widget: in a notebook, unless the notebook runner executes it. */
export function hasReader(): boolean {
  return shared[key] !== undefined && !process.env.R1_HEADLESS;
}

/** Opens a widget; null outside a notebook. */
export function openWidget({ esm, css, state, text, onChange }: WidgetOptions): Widget | null {
  const comms = shared[key];
  if (!comms) return null;
  // anywidget keeps one style sheet for each id
  const own = { _anywidget_id: `r1-${hashText(css)}`, _esm: esm, _css: css };
  const model: State = { ...anywidget, ...own, ...state };
  const opening = { state: model, buffer_paths: [] };
  const onMessage = ({ method, state: patch = {} }: Message, reply: (a: unknown) => void): void => {
    if (method === 'request_state') reply({ method: 'update', state: model, buffer_paths: [] });
    if (method !== 'update') return;
    Object.assign(model, patch);
    onChange(patch);
  };
  const comm = comms.open('jupyter.widget', opening, onMessage, { version: '2.1.0' });
  const view = { version_major: 2, version_minor: 0, model_id: comm.id };
  return {
    bundle: { 'application/vnd.jupyter.widget-view+json': view, 'text/plain': text },
    set(patch) {
      Object.assign(model, patch);
      comm.send({ method: 'update', state: patch, buffer_paths: [] });
    },
    close: () => comm.close(),
  };
}
