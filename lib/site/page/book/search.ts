/** Finds words in all notebooks. */
import MiniSearch from 'minisearch';

/** What is found: a part of a notebook. Its id is its address. */
export interface Part {
  readonly id: string;
  readonly chapter: string;
  readonly title: string;
  readonly words: string;
}

/** The most parts that are listed. */
const most = 12;

/** Searches as one types. The index is loaded and made with the first letter. */
export function searchIn(
  input: HTMLInputElement,
  list: HTMLElement,
  load: () => Promise<readonly Part[]>,
): void {
  let index: Promise<MiniSearch<Part>> | undefined;
  const make = async (): Promise<MiniSearch<Part>> => {
    const made = new MiniSearch<Part>({
      fields: ['title', 'words', 'chapter'],
      storeFields: ['title', 'chapter'],
      searchOptions: { boost: { title: 3 }, prefix: true, fuzzy: 0.15, combineWith: 'AND' },
    });
    made.addAll(await load());
    return made;
  };
  input.addEventListener('input', () => {
    const asked = input.value.trim();
    void (index ??= make()).then((made) => {
      if (asked !== input.value.trim()) return;
      const found = asked === '' ? [] : made.search(asked).slice(0, most);
      const none = asked === '' ? [] : ['nothing found'];
      list.replaceChildren(
        ...(found.length === 0 ? none : found).map((one) => {
          const item = document.createElement('li');
          if (typeof one === 'string') item.textContent = one;
          else {
            const link = document.createElement('a');
            link.href = String(one.id);
            link.textContent = `${one.chapter as string} › ${one.title as string}`;
            item.append(link);
          }
          return item;
        }),
      );
    });
  });
}
