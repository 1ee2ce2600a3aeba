import { acquired } from '../sql/acquired.ts';
import { type ExplainedViews, rolled, within } from '../sql/explained.ts';
import { month } from '../sql/period.ts';

/** How the figures of referrals come about. */
export const referralExplained: ExplainedViews = {
  referrals_monthly: {
    key: ['month'],
    columns: {
      invited: rolled('referral_15m', 'referral', 'invited', within(month)),
      converted: rolled('referral_15m', 'referral', 'converted', within(month)),
      customers_acquired: acquired(),
      recommending_mentions: rolled('mention_15m', 'mention', 'recommending_mentions', within(month)),
    },
  },
};
