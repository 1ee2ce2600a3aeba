import type { MetricPage } from '../definition/page.ts';
import { count, rate } from '../sql/column.ts';
import { month } from '../sql/period.ts';
import { formulaOf } from '../sql/ratio.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { referralRate } from './ratios.ts';

/** Customers acquired are those of the acquisition cost (rule 40). */
const referrals = view('referrals_monthly', {
  columns: {
    month: month.says(),
    invited: count('Referrals in which someone was invited.'),
    converted: count('Referrals whose invited one became a customer.'),
    customers_acquired: count(
      'New subscribers and first-time buyers, each customer once, at the earlier; all currencies.',
    ),
    referral_rate: rate(referralRate, 'null when none was acquired'),
    recommending_mentions: count('Mentions in public that recommend the brand.'),
  },
  select: sql`
    SELECT month, sum(m_invited) AS invited, sum(m_converted) AS converted, sum(m_acquired) AS customers_acquired,
      rate_of(sum(m_converted), sum(m_acquired)) AS referral_rate, sum(m_recommending) AS recommending_mentions
    FROM (
      SELECT ${month.of('bucket')} AS month, sum(invited) AS m_invited, sum(converted) AS m_converted,
        0 AS m_acquired, 0 AS m_recommending
      FROM tidemark_store.referral_15m
      GROUP BY month
      UNION ALL
      SELECT ${month.of('at')} AS month, 0, 0, toInt64(count()), 0
      FROM (
        SELECT at FROM tidemark_store.acquisition FINAL
        WHERE firsts > 0
        ORDER BY customer, at
        LIMIT 1 BY customer
      )
      GROUP BY month
      UNION ALL
      SELECT ${month.of('bucket')} AS month, 0, 0, 0, sum(recommending_mentions)
      FROM tidemark_store.mention_15m
      GROUP BY month
    )
    GROUP BY month
    HAVING invited != 0 OR converted != 0 OR customers_acquired != 0 OR recommending_mentions != 0`,
  comment: 'Customers who bring customers, by month: referrals, and public recommendations beside them.',
});

/** Views of referrals. */
export const referralViews: readonly View[] = [referrals];

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
