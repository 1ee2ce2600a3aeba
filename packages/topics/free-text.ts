import { oneOf } from '@tidemark/service/settings';

/** Whether words that people wrote are stored: the collector and the processor take the same. */
export const freeTextSettings = {
  FREE_TEXT: oneOf(
    ['keep', 'drop'],
    'Whether comments of surveys are stored. With drop the collector does not publish them, and the processor does not store those of other publishers. The same for collector and processor.',
    'keep',
  ),
};
