/** Texts that tell tokenizers apart, for `npm test -- tokenizers`. The same number gives the same texts. */
import { createRandom, pick, type Random } from '../../lib/core/random';
import type { Message } from '../../lib/tokenizer/textTokenizer';

const english = 'the of a to and in is it You that he was for on are with as I his they be at one have this from or had by hot but some what there we can out other were all your when up use word how said an each she which do their time if will way about many then them would write like so these her long make thing see him two has look more day could go come did my sound no most number who over know water than call first people may down side been now find any new work part take get place made live where after back little only round man year came show every good me give our under name'.split(' '); // prettier-ignore
const chinese = '的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运'; // prettier-ignore
const arabic = 'السلام عليكم كيف حالك اليوم هذا كتاب جديد في المدينة الكبيرة نَعَمٌ'.split(' ');
const thai = 'สวัสดีครับ ภาษาไทยไม่มีช่องว่างระหว่างคำ น้ำ กำลัง เก้าอี้'.split(' ');
const mixed = 'naïve café Straße ΑΘΗΝΑ Σίσυφος Привет мир שלום हिन्दी में नमस्ते 안녕하세요 こんにちは カタカナ Tiếng Việt İstanbul e\u0301te\u0301 a\u0308\u0323 ﬁﬂ ſtaſ'.split(' '); // prettier-ignore
const emoji = ['😀', '👩‍👩‍👧‍👦', '🇩🇪', '👍🏽', '❤️', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '1️⃣', '🫠', '☕', '✈️', '🧑🏿‍🚀'];
const numerals = ['١٢٣', '१२३', '๑๒๓', '½¾', 'ⅣⅫ', '①②', '五六七', '௧௨', '1,234.5', '0x1F', '３４', '²³', '𝟘𝟙', '𐒠𐒡']; // prettier-ignore
const endings = ["'s", "'T", "'re", "'VE", "'m", "'LL", "'d", "'ſ", "'ſt", '’s', "'ll'll", "it's", "I'D"]; // prettier-ignore
const code = ['function f(x) {\n  return x ** 2;\n}', 'for (let i = 0; i < n; i++)\n\t\ta[i] += 1;', 'def g(a, *b, **c):\n    """doc"""\n    return [x for x in a]', '<div class="a">&nbsp;</div>', '{"a": [1, 2.5e-3, null]}', 'SELECT * FROM t WHERE x >= 3;', 'a/b\\c', '$x^{2}_{i}$', '#include <stdio.h>', '../..//--||&&!!??']; // prettier-ignore
const spaces = [' ', '  ', '   ', '\n', '\n\n', '\r\n', '\t', '\u00a0', '\u3000', '\u2003', '\u0085', '\ufeff', '\u200b', '\u2028', '\v', '\f', '\u200d', '\u1680', '      ', ' \n ', '\t\t ']; // prettier-ignore
/** Of tokenizers of all kinds. */
const special = ['<|im_start|>', '<|im_end|>', '<|endoftext|>', '<s>', '</s>', '<unk>', '<think>', '</think>', '<|im_', 'end|>', '<0x0A>', '▁', '<|im_start|><|im_end|>', ' <|im_end|> ', '<<s>>', '<repo_name>', '<｜User｜>']; // prettier-ignore

const times = (random: Random, most: number, make: () => string): string =>
  Array.from({ length: 1 + random.int(most) }, make).join('');

function anyCharacter(random: Random): string {
  const range = pick([0x80, 0x250, 0x3000, 0xd800, 0x10000, 0x20000, 0x110000], random);
  const code = random.int(range);
  return code >= 0xd800 && code < 0xe000 ? '\ufffd' : String.fromCodePoint(code);
}

type Make = (random: Random) => string;
const of =
  (items: readonly string[] | string, most: number, between = ''): Make =>
  (random) =>
    times(random, most, () => pick([...items], random) + between);

/** Every kind of text, by its name. */
export const kinds: Readonly<Record<string, Make>> = {
  english: (random) => times(random, 30, () => pick(english, random) + pick([' ', ' ', ', ', '. ', '? "', '\n'], random)),
  chinese: (random) => times(random, 40, () => pick([...chinese], random) + pick(['', '', '', '，', '。', '\n'], random)),
  arabic: of(arabic, 12, ' '),
  thai: of(thai, 8),
  mixed: (random) => times(random, 12, () => pick(mixed, random) + pick(spaces, random)),
  emoji: (random) => times(random, 12, () => pick(emoji, random) + pick(['', ' ', 'a'], random)),
  numerals: (random) => times(random, 12, () => pick(numerals, random) + pick(['', ' ', 'x', '.'], random)),
  code: of(code, 4, '\n'),
  spaces: (random) => times(random, 12, () => pick(spaces, random) + pick(['', 'a', 'Word', '.'], random)),
  control: (random) => times(random, 30, () => String.fromCharCode(random.int(0xa0))),
  long: (random) => times(random, 3, () => pick([...english, ...chinese, 'ab', '-', '='], random).repeat(1 + random.int(400)) + ' '),
  random: (random) => times(random, 40, () => anyCharacter(random)),
  endings: (random) => times(random, 8, () => pick(english, random) + pick(endings, random) + pick(['', ' ', 'x', '\n'], random)),
  special: (random) => times(random, 6, () => pick(special, random) + pick(['', ' ', 'a', '\n', ...english], random)),
}; // prettier-ignore

/** Returns texts, the same number of each kind. */
export function textsOf(count: number, seed: string): { kind: string; text: string }[] {
  const names = Object.keys(kinds);
  return Array.from({ length: count }, (_, i) => {
    const kind = names[i % names.length]!;
    return { kind, text: i < names.length ? '' : kinds[kind]!(createRandom(seed, kind, i)) };
  }).map((text, i) => (i === 0 ? text : { ...text, text: text.text || ' '.repeat(i) }));
}

/** Returns conversations with and without a system's message, of one or more turns; some hold special tokens. */
export function conversationsOf(count: number, seed: string): Message[][] {
  const texts = textsOf(4 * count + 20, seed);
  return Array.from({ length: count }, (_, i) => {
    const random = createRandom(seed, 'conversation', i);
    const say = (role: Message['role']): Message => ({ role, content: pick(texts, random).text });
    const turns = Array.from({ length: random.int(3) }, () => [say('user'), say('assistant')]);
    if (i % 25 === 7) turns.push([say('user')]); // some templates refuse it
    if (i % 5 === 0) turns.push([say('user'), { role: 'assistant', content: `<think>\n${say('user').content}</think>\n\n${say('user').content}` }]); // prettier-ignore
    return [...(i % 2 === 0 ? [say('system')] : []), ...turns.flat(), say('user')];
  });
}
