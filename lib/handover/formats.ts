/** The columns that trainers read. Each format turns a problem into a row of its own. */
import type { AskedRow } from './rows';

/** A row of a table: texts, whole numbers, objects of these, and lists of such objects. */
export type Row = Readonly<Record<string, unknown>>;

export type Split = 'train' | 'held-out';

/** How a trainer wants its rows. */
export interface Format {
  /** whose columns these are */
  readonly reader: string;
  row(asked: AskedRow, index: number, split: Split): Row;
}

/** The question as a conversation: every trainer puts the marks of the checkpoint's chat template around it. */
const conversation = ({ question }: AskedRow) => [{ role: 'user', content: question }];

const about = ({ task, level, language }: AskedRow) => ({ task, level, language });

const trl: Format = {
  reader: 'TRL: further columns are handed to the reward functions',
  row: (asked) => ({
    ...{ prompt: conversation(asked), ground_truth: asked.groundTruth },
    ...about(asked),
  }),
};

const verl: Format = {
  reader: 'verl',
  row: (asked, index, split) => ({
    ...{ data_source: `r1-workbook/${asked.task}`, prompt: conversation(asked), ability: 'math' },
    reward_model: { style: 'rule', ground_truth: asked.groundTruth },
    extra_info: { split: split === 'train' ? 'train' : 'test', index, ...about(asked) },
  }),
};

const openrlhf: Format = {
  reader: 'OpenRLHF: --input_key prompt --label_key label --apply_chat_template',
  row: (asked) => ({
    ...{ prompt: conversation(asked), label: asked.groundTruth },
    ...about(asked),
  }),
};

const skyrl: Format = {
  reader:
    'SkyRL; an environment of the name r1_workbook, which pays by r1_rewards, is yours to write',
  row: (asked, index, split) => ({
    ...{ data_source: `r1-workbook/${asked.task}`, prompt: conversation(asked) },
    ...{ env_class: 'r1_workbook' },
    reward_spec: { method: 'rule', ground_truth: asked.groundTruth },
    extra_info: { split: split === 'train' ? 'train' : 'test', index, ...about(asked) },
  }),
};

const slime: Format = {
  reader: 'slime: --input-key prompt --label-key label --apply-chat-template',
  row: (asked) => ({
    ...{ prompt: conversation(asked), label: asked.groundTruth },
    metadata: about(asked),
  }),
};

const verifiers: Format = {
  reader: "prime-rl's verifiers",
  row: (asked) => ({
    ...{ prompt: conversation(asked), answer: asked.groundTruth, task: asked.task },
    info: about(asked),
  }),
};

export const formats = { trl, verl, openrlhf, skyrl, slime, verifiers } as const;
export type FormatName = keyof typeof formats;
export const formatNames = Object.keys(formats) as FormatName[];
