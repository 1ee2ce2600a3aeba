import type { Ratio } from '../sql/ratio.ts';

/** Positive mentions less negative ones, of all mentions: from -1 to 1. */
export const netSentiment: Ratio = {
  numerator: { positive: 1, negative: -1 },
  denominator: { mentions: 1 },
};
