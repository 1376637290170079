import { UserError } from '../core/errors';
import { modelSizes } from '../model/config';
import { courseNamed, courseNames } from '../recipe/language/data';
import { isLanguageModel } from '../stages/language/openCheckpoint';
import { languageRLSettings } from '../stages/language/settings';
import { findTaskInWords } from '../stages/ownTask';
import { shortPath } from '../stages/places';
import { rlSettings, type RLSettings } from '../stages/settings';

/**
 * How the workbook trains and measures R1-Zero from a checkpoint in that folder, of a model of that size; `data` is what a
 * language model is asked (default: words), and of no use to any other: that is a UserError.
 */
export async function r1ZeroSettings(
  checkpoint: string,
  size: string,
  data?: string,
): Promise<RLSettings> {
  if (isLanguageModel(checkpoint)) {
    const asked = data ?? 'words';
    if (!courseNames.includes(asked)) await findTaskInWords(asked);
    const { plan, rl } = courseNamed(asked);
    return languageRLSettings({ plan, ...rl });
  }
  if (data !== undefined)
    throw new UserError(
      `${shortPath(checkpoint)} speaks this workbook's vocabulary: leave out --data ${data}`,
    );
  return rlSettings(modelSizes.find((one) => one === size) ?? 'small');
}
