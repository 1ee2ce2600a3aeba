import { chance, maybe, pick } from '../histories/draw.fixtures.ts';
import { type FamilyHistories, someTime } from '../histories/family.fixtures.ts';

/** Mentions in the histories of tests. */
export const histories: FamilyHistories = {
  random: (draw) => ({
    type: 'mention.observed',
    mention_id: pick(draw, ['m1', 'm2', 'm3', 'm4', 'm5']),
    channel: pick(draw, ['x', 'news', 'review']),
    sentiment: maybe(draw, 80, () => pick(draw, ['positive', 'neutral', 'negative', 'unknown'])),
    reach: maybe(draw, 60, () => pick(draw, [0, 10, 4_000_000])),
    recommends: maybe(draw, 30, () => pick(draw, [true, false])),
  }),
  customer({ draw, range, customer, number, publish }) {
    for (let n = draw.below(3); n > 0; n--) {
      const sentiment = pick(draw, ['positive', 'positive', 'neutral', 'negative', 'unknown']);
      publish('mention.observed', someTime(draw, range), {
        mention_id: `mention-${number}-${n}`,
        channel: pick(draw, ['x', 'linkedin', 'reddit', 'review', 'news']),
        sentiment,
        reach: draw.below(50_000),
        customer_id: customer,
        recommends: sentiment === 'positive' && chance(draw, 50),
      });
    }
  },
};
