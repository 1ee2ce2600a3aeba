import type { MetricPage } from '../definition/page.ts';
import { exampleEvent, exampleTerms } from './example-events.ts';

const failing = [
  exampleEvent('started', 'ann', '01', exampleTerms(59)),
  exampleEvent('started', 'bob', '01', exampleTerms(10)),
  exampleEvent('started', 'cid', '01', exampleTerms(31)),
  ...['ann', 'bob', 'cid'].map((customer) => exampleEvent('past_due', customer, '10')),
];

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
      given: 'Payments of subscriptions of $59, $10 and $31 a month fail on one day.',
      results: [
        ['entered', 'all three', '3'],
        ['past_due_mrr', '59 + 10 + 31', '100'],
      ],
      run: {
        events: failing,
        readAt: '2026-05-13T00:00Z',
        view: 'past_due_daily',
        where: { date: '2026-05-10', currency: 'USD' },
      },
    },
    {
      given: 'The day after, the first of them is made good, and the second is canceled.',
      results: [
        ['recovered', 'the first', '1'],
        ['ended', 'the second', '1'],
        ['past_due_mrr', '100 - 59 - 10', '31'],
      ],
      run: {
        events: [
          ...failing,
          exampleEvent('payment_recovered', 'ann', '11'),
          exampleEvent('canceled', 'bob', '11'),
        ],
        readAt: '2026-05-13T00:00Z',
        view: 'past_due_daily',
        where: { date: '2026-05-11', currency: 'USD' },
      },
    },
    {
      given: 'PAST_DUE_ENDS_AFTER is 14 days: a subscription of $59 that fails on the 10th ends on the 24th.',
      results: [
        ['ended', 'by itself', '1'],
        ['past_due_mrr', '59 - 59', '0'],
      ],
      run: {
        events: [
          exampleEvent('started', 'ann', '01', exampleTerms(59)),
          exampleEvent('past_due', 'ann', '10'),
        ],
        settings: { pastDueEndsAfterMs: 14 * 86_400_000 },
        readAt: '2026-05-31T00:00Z',
        view: 'past_due_daily',
        where: { date: '2026-05-24', currency: 'USD' },
      },
    },
  ],
  source: 'The metric contract, ‘Recurring revenue’.',
};
