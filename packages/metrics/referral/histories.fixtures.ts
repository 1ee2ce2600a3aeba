import { between, chance, maybe, pick } from '../histories/draw.fixtures.ts';
import { type FamilyHistories, someCustomer, someTime } from '../histories/family.fixtures.ts';

const day = 86_400_000;

/** Referrals in the histories of tests. */
export const histories: FamilyHistories = {
  random: (draw) => ({
    type: `referral.${pick(draw, ['invited', 'converted'])}`,
    referral_id: `f${draw.below(5)}`,
    referrer_customer_id: someCustomer(draw),
    referred_customer_id: maybe(draw, 50, () => someCustomer(draw)),
  }),
  /** Some invite, and some of the invited become customers. */
  customer({ draw, range, customer, number, publish }) {
    if (!chance(draw, 25)) return;
    const at = someTime(draw, range);
    const key = { referral_id: `referral-${number}`, referrer_customer_id: customer, channel: 'email' };
    publish('referral.invited', at, key);
    if (chance(draw, 40)) publish('referral.converted', at + between(draw, 1, 30) * day, key);
  },
};
