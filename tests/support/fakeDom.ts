import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../lib/core/files';

type Listener = (event: Record<string, unknown>) => void;

/** As much of a browser's element as the views use. */
export class FakeElement {
  readonly attributes: Record<string, string> = {};
  readonly style: Record<string, string> = {};
  readonly dataset: Record<string, string> = {};
  readonly listeners: Record<string, Listener> = {};
  children: (FakeElement | string)[] = [];
  parent?: FakeElement;
  html = '';
  tabIndex = 0;
  value = '';
  valueAsNumber = 0;
  disabled = false;

  constructor(readonly tag: string) {}

  get textContent(): string {
    const texts = this.children.map((c) => (typeof c === 'string' ? c : c.textContent));
    return texts.join('');
  }
  set textContent(text: string) {
    this.children = [text];
  }
  get id(): string {
    return this.attributes.id!;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
    if (name === 'value') this.value = value;
  }
  append(...children: (FakeElement | string)[]): void {
    for (const child of children) if (child instanceof FakeElement) child.parent = this;
    this.children.push(...children);
  }
  replaceChildren(...children: (FakeElement | string)[]): void {
    this.children = [];
    this.append(...children);
  }
  insertAdjacentHTML(_: string, html: string): void {
    this.html = html;
  }
  addEventListener(type: string, listener: Listener): void {
    this.listeners[type] = listener;
  }
  contains(other: FakeElement): boolean {
    return other === this || (other.parent !== undefined && this.contains(other.parent));
  }
  focus(): void {
    FakeElement.focused = this;
  }
  static focused?: FakeElement;

  /** every element below this one for which it holds */
  all(holds: (element: FakeElement) => boolean): FakeElement[] {
    const below = this.children.filter((c): c is FakeElement => c instanceof FakeElement);
    return below.flatMap((c) => [...(holds(c) ? [c] : []), ...c.all(holds)]);
  }
  withTag(tag: string): FakeElement[] {
    return this.all((element) => element.tag === tag);
  }
  querySelectorAll(): FakeElement[] {
    return this.all((element) => element.attributes.role === 'option');
  }
  /** what a click does, or another event without details */
  fire(type = 'click'): void {
    this.listeners[type]!({});
  }
}

/** Draws one of the views on a fake page and returns what it put there. */
export async function drawView(name: string, model: object): Promise<FakeElement> {
  Object.assign(globalThis, {
    document: { createElement: (tag: string) => new FakeElement(tag) },
  });
  const file = pathToFileURL(path.join(root, `lib/workbook/views/${name}.mjs`)).href;
  const view = (await import(file)) as { default: { render(view: object): void } };
  const page = new FakeElement('body');
  view.default.render({ model, el: page });
  return page.children[0] as FakeElement;
}
