import { between, maybe, pick } from '../histories/draw.fixtures.ts';
import { type FamilyHistories, someCustomer, someTime } from '../histories/family.fixtures.ts';

/** Visits, logins and the like in the histories of tests. */
export const histories: FamilyHistories = {
  random: (draw) => ({
    type: 'engagement.recorded',
    engagement_id: `g${draw.below(12)}`,
    kind: pick(draw, ['visit', 'visit', 'communication', 'login', 'feature_use']),
    visitor_id: maybe(draw, 50, () => pick(draw, ['v1', 'v2', 'v3'])),
    customer_id: maybe(draw, 60, () => someCustomer(draw)),
    duration_ms: maybe(draw, 50, () => pick(draw, [0, 1, 1500, 3_600_000])),
    clicks: maybe(draw, 40, () => draw.below(20)),
    page_views: maybe(draw, 40, () => draw.below(9)),
    channel: maybe(draw, 50, () => pick(draw, ['web', 'app'])),
  }),
  customer({ draw, range, customer, number, publish }) {
    for (let n = between(draw, 2, 12); n > 0; n--)
      publish('engagement.recorded', someTime(draw, range), {
        engagement_id: `engagement-${number}-${n}`,
        kind: pick(draw, ['visit', 'visit', 'login', 'feature_use', 'communication']),
        customer_id: customer,
        visitor_id: `visitor-${number}`,
        duration_ms: between(draw, 100, 900_000),
        clicks: draw.below(30),
        page_views: draw.below(12),
        channel: pick(draw, ['web', 'app', 'email']),
      });
  },
};
