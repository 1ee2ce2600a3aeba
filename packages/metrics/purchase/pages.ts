import type { MetricPage } from '../definition/page.ts';
import { formulaOf } from '../sql/ratio.ts';
import { repeatRate } from './ratios.ts';

const sales: MetricPage = {
  name: 'sales',
  title: 'Sales',
  views: ['sales_daily', 'sales_monthly', 'sales_by_kind_monthly'],
  meaning: 'What was sold once, who bought, and what a purchase is worth on average.',
  formula: [
    'net_revenue = revenue - refunds',
    'average_purchase_value = revenue / purchases',
    'growth = this month / the month before - 1',
  ],
  rules: [
    [
      'A refund counts in its own period (the purchase’s, when that is later), up to what is left of the purchase, under its kind.',
      14,
    ],
    ['A refund without a purchase that counts, or in another currency, is nothing.', 14],
    ['A fully refunded purchase is still a purchase, its buyer a buyer.', 14],
    ['A first-time buyer’s purchase is the first ever, in any currency and kind.', 15],
    ['Of two purchases under one `purchase_id`, the first in order that is not voided counts.', 24],
    ['Growth is null when the month before had no purchases.', 17],
    ['Only periods in which something happened have a row.', 26],
  ],
  examples: [
    {
      given:
        'In May two customers buy for $50, $30 and $20, and $20 is refunded; April had 2 purchases, $80 together.',
      results: [
        ['revenue', '50 + 30 + 20', '100'],
        ['net_revenue', '100 - 20', '80'],
        ['buyers', 'distinct', '2'],
        ['average_purchase_value', '100 / 3', '33.333333'],
        ['purchases_growth', '3 / 2 - 1', '0.5'],
        ['revenue_growth', '100 / 80 - 1', '0.25'],
      ],
    },
  ],
  source: 'The metric contract, ‘Sales, loyalty, repeat purchase’.',
};

const repeat: MetricPage = {
  name: 'repeat-purchase',
  title: 'Repeat purchase',
  views: ['repeat_purchase_monthly'],
  meaning: 'Of the customers whose first purchase was in a month, how many ever bought again, and how soon.',
  formula: [
    `repeat_rate = ${formulaOf(repeatRate)}`,
    'average_days_to_second = sum of (second - first purchase) / returned',
  ],
  rules: [
    ['`month` is the cohort’s: a later second purchase changes the row of the first one’s month.', 27],
    ['Days are elapsed milliseconds / 86,400,000. All currencies together.', 17],
  ],
  examples: [
    {
      given: '4 customers first buy in May; one buys again after 10 days, one after 20.',
      results: [
        ['repeat_rate', '2 / 4', '0.5'],
        ['average_days_to_second', '(10 + 20) / 2', '15'],
      ],
    },
  ],
  source: 'The metric contract, ‘Sales, loyalty, repeat purchase’; repeat purchase rate.',
};

const loyalty: MetricPage = {
  name: 'loyalty',
  title: 'Loyalty and lapsed buyers',
  views: ['loyalty_monthly'],
  meaning:
    'Who buys, how often, and who has stopped: lapsing is churn where there is no subscription. Over the 12 calendar months that end with the row’s.',
  formula: [
    'active_buyers = customers with 1 purchase or more',
    'loyal_buyers = customers with 3 purchases or more',
    'purchase_frequency = purchases / active_buyers',
    'average_days_between_purchases = mean over consecutive pairs, both in the 12 months',
    'lapsed = times the last purchase + LAPSE_AFTER fell in the month with nothing bought up to it',
  ],
  rules: [
    ['All currencies together.', 16],
    [
      'A purchase at the very instant of lapsing is in time; buying again later does not undo a lapse.',
      3,
      16,
    ],
    ['Every month from the first purchase to now has a row.', 16],
  ],
  examples: [
    {
      given: 'Within the 12 months one customer buys on days 0, 10 and 40, another once.',
      results: [
        ['active_buyers', '1 + 1', '2'],
        ['loyal_buyers', 'the one with 3', '1'],
        ['purchase_frequency', '(3 + 1) / 2', '2'],
        ['average_days_between_purchases', '(10 + 30) / 2', '20'],
      ],
    },
  ],
  source: 'The metric contract, ‘Sales, loyalty, repeat purchase’.',
};

/** Pages on sales, loyalty and repeat purchase. */
export const purchasePages: readonly MetricPage[] = [sales, repeat, loyalty];
