import type { MetricPage } from '../definition/page.ts';
import { formulaOf } from '../sql/ratio.ts';
import { referralRate } from './ratios.ts';

const referral: MetricPage = {
  name: 'referrals',
  title: 'Referrals',
  views: ['referrals_monthly'],
  meaning:
    'How many customers come because others brought them, and how often the brand is recommended in public.',
  formula: [`referral_rate = ${formulaOf(referralRate)}`],
  rules: [
    ['`customers_acquired` are those of the acquisition cost, over all currencies and segments.', 40],
    ['`recommending_mentions` are mentions published with `recommends`.'],
  ],
  examples: [
    {
      given: '20 invited, 5 of them became customers; 50 customers were acquired in all.',
      results: [['referral_rate', '5 / 50', '0.1']],
    },
  ],
  source: 'The metric contract, ‘The rest’; referral rate.',
};

/** Pages on referrals. */
export const referralPages: readonly MetricPage[] = [referral];
