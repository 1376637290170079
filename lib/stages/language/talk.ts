/** A checkpoint to talk with: a language model, or a model of this workbook's vocabulary, which answers problems. */
import { disposeTree } from '../../engine/tree';
import type { ModelConfig } from '../../model/config';
import { createSpeaker, type Speaker } from '../../sampling/speaker';
import type { TextTokenizer } from '../../tokenizer/textTokenizer';
import { workbookTokenizer } from '../../tokenizer/workbookTokenizer';
import { checkpointNamed, openCheckpoint } from './openCheckpoint';

export interface Talker {
  /** as the person named it */
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: TextTokenizer;
  readonly speaker: Speaker;
  dispose(): void;
}

/** Opens a checkpoint, given by its folder or its name, to talk with. One that is not there is a UserError. */
export function openTalker(name: string): Talker {
  const model = openCheckpoint(checkpointNamed(name));
  const tokenizer = model.tokenizer ?? workbookTokenizer;
  const speaker = createSpeaker(model, tokenizer);
  return {
    ...{ name, config: model.config, tokenizer, speaker },
    dispose() {
      speaker.dispose();
      disposeTree(model.parameters);
    },
  };
}
