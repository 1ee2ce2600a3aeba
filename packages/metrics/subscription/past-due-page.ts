import type { MetricPage } from '../definition/page.ts';

/** The page on what is past due. */
export const pastDuePage: MetricPage = {
  name: 'past-due',
  title: 'Past due',
  views: ['past_due_daily'],
  meaning:
    'Subscriptions whose payment failed: how many and how much MRR is in danger, and what becomes of them. They are in force until they end.',
  formula: [
    'past_due_subscriptions = those of the day before + entered - recovered - ended, less those that moved to another currency',
    'past_due_mrr = MRR of those at the end of the day, or now',
  ],
  rules: [
    ['A failed payment changes neither MRR nor customers; a second one while past due changes nothing.', 57],
    ['`payment_recovered`, `renewed`, `resumed` and `started` recover; a change or a pause does not.', 57],
    ['A cancellation that is published without a reason while past due is involuntary.', 57],
    [
      'With PAST_DUE_ENDS_AFTER (default: never) a subscription ends by itself after that time, involuntary.',
      57,
    ],
    ['A failed payment of a subscription that has ended, or has no terms yet, counts nowhere.', 1],
    ['A day has a row when something turned or something is past due at its end.', 26],
  ],
  examples: [
    {
      given:
        'Payments of subscriptions of $59, $10 and $31 a month fail on one day; the next day the first is made good and the second is canceled.',
      results: [
        ['past_due_mrr', 'the first day: 59 + 10 + 31', '100'],
        ['recovered', 'the next day', '1'],
        ['ended', 'the next day', '1'],
        ['past_due_mrr', 'the next day: 100 - 59 - 10', '31'],
      ],
    },
  ],
  source: 'The metric contract, ‘Recurring revenue’.',
};
