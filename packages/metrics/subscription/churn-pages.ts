import type { MetricPage } from '../definition/page.ts';
import { exampleEvent, exampleTerms } from './example-events.ts';
import { formulaOf } from '../sql/ratio.ts';
import { churnRate, churnRateOfStart, retentionRate } from './ratios.ts';

/** Customers and revenue lost. */
export const churnPages: readonly MetricPage[] = [
  {
    name: 'customer-churn',
    title: 'Customer churn and retention',
    views: ['churn_daily', 'churn_weekly', 'churn_monthly'],
    meaning: 'How many of the paying customers left in a period, and how many stayed.',
    formula: [
      'customers_at_end = customers_at_start + customers_new + customers_reactivated - customers_lost',
      `churn_rate = ${formulaOf(churnRate)}`,
      `retention_rate = ${formulaOf(retentionRate)}`,
      `churn_rate_of_start = ${formulaOf(churnRateOfStart)} (monthly)`,
    ],
    rules: [
      [
        'A customer is active while the MRR in any currency is above 0; a trial or a free plan alone makes none.',
        8,
        63,
      ],
      ['Leaving two currencies at once is one loss; lost twice in a period counts twice.', 4],
      [
        '`customers_lost` includes who came within the period, so `churn_rate` can exceed 1; `churn_rate_of_start` cannot.',
        8,
      ],
      [
        'A cancellation counts when it takes effect: given on the 10th for the 31st, it churns on the 31st, and a renewal on the 20th withdraws it.',
        1,
        2,
      ],
      [
        'Pausing is churn when nothing else is left; coming back is reactivation. With PAUSE_COUNTS_AS=kept the customer stays, and is lost when the subscription ends.',
        8,
        63,
      ],
      [
        'With REPLACEMENT_WINDOW nobody is lost who starts again within it; a loss counts once it is over, at its own instant.',
        62,
      ],
      [
        '`lost_voluntary` and `lost_involuntary` need not add up to `customers_lost`: a reason may be missing.',
        8,
      ],
      ['`week` is its Monday. Every period from the first movement to the one under way has a row.', 26, 27],
    ],
    examples: [
      {
        given: '1,000 customers at the start of May; 64 leave, nobody comes.',
        results: [
          ['churn_rate', '64 / 1000', '0.064'],
          ['customers_at_end', '1000 + 0 + 0 - 64', '936'],
          ['retention_rate', '(936 - 0) / 1000', '0.936'],
        ],
      },
      {
        given: '100 at the start, 5 lost, 10 new: churn is not 5 / 110.',
        results: [
          ['customers_at_end', '100 + 10 + 0 - 5', '105'],
          ['churn_rate', '5 / 100', '0.05'],
          ['retention_rate', '(105 - 10) / 100', '0.95'],
        ],
      },
      {
        given:
          'PAUSE_COUNTS_AS is kept: of two customers one pauses on the 10th, and ends the paused subscription on the 20th.',
        results: [
          ['customers_lost', 'on the 20th', '1'],
          ['customers_at_end', '2 - 1', '1'],
        ],
        run: {
          events: [
            exampleEvent('started', 'ann', '01', exampleTerms(59)),
            exampleEvent('started', 'bob', '01', exampleTerms(59)),
            exampleEvent('paused', 'ann', '10'),
            exampleEvent('canceled', 'ann', '20'),
          ],
          settings: { pauseCountsAs: 'kept' },
          readAt: '2026-05-31T00:00Z',
          view: 'churn_daily',
          where: { date: '2026-05-20' },
        },
      },
      {
        given:
          'REPLACEMENT_WINDOW is 7 days: of two customers one ends the subscription on the 10th and takes another on the 14th.',
        results: [
          ['customers_lost', 'nobody', '0'],
          ['customers_at_end', '2 - 0', '2'],
        ],
        run: {
          events: [
            exampleEvent('started', 'ann', '01', exampleTerms(59)),
            exampleEvent('started', 'bob', '01', exampleTerms(59)),
            exampleEvent('canceled', 'ann', '10'),
            exampleEvent('started', 'ann', '14', { ...exampleTerms(99), subscription_id: 'another' }),
          ],
          settings: { replacementWindowMs: 7 * 86_400_000 },
          readAt: '2026-05-31T00:00Z',
          view: 'churn_daily',
          where: { date: '2026-05-10' },
        },
      },
    ],
    source: 'The metric contract, ‘Recurring revenue’; customer (logo) churn and retention rate.',
  },
  {
    name: 'churn-by-owner-and-segment',
    title: 'Customer churn by owner and by segment',
    views: ['churn_by_owner_monthly', 'churn_by_segment_monthly'],
    meaning: 'Customer churn of each account manager, and of each segment.',
    formula: ['as customer churn, over the customers of the owner or segment'],
    rules: [
      [
        'Start and end go by the owner at that moment, movements by the owner after the events of their instant.',
        7,
      ],
      [
        'A hand-over is no loss and no gain; it only moves the counts, so end may differ from start + new + reactivated − lost.',
        7,
      ],
      ['No owner or segment is an empty text.', 7],
    ],
    examples: [
      {
        given: 'Ann has 20 customers when the month begins; 2 are handed over to Ben, 1 is lost.',
        results: [
          ['customers_lost', 'Ann’s row', '1'],
          ['customers_at_end', '20 - 2 - 1', '17'],
          ['churn_rate', '1 / 20', '0.05'],
          ['retention_rate', '(17 - 0) / 20', '0.85'],
        ],
      },
    ],
    source: 'The metric contract, ‘Recurring revenue’.',
  },
  {
    name: 'cancellations',
    title: 'Cancellations scheduled',
    views: ['cancellations_daily'],
    meaning:
      'Cancellations by the day on which they were scheduled: the leading sign of churn, which itself comes when the paid period ends.',
    formula: [
      'scheduled = cancellations of subscriptions in force, at once or for later; of one customer, instant, currency and reason one',
      'taken_back = pending cancellations undone by a renewal, a resumption or a new start',
    ],
    rules: [
      [
        'What a customer cancels at one instant is one cancellation: so are the items of a contract, each published as a subscription.',
        13,
      ],
      ['A cancellation replaced by another date counts once.', 13],
      ['Cancelling a subscription that has ended, or that has no terms yet, counts nowhere.', 1],
    ],
    examples: [
      {
        given:
          'On the 10th, two customers cancel subscriptions of $100 and $59 a month for the 31st; on the 20th the one of $59 is renewed.',
        results: [
          ['scheduled', '1 + 1', '2'],
          ['scheduled_mrr', '100 + 59', '159'],
          ['taken_back', 'on the 20th', '1'],
          ['taken_back_mrr', 'on the 20th', '59'],
        ],
      },
      {
        given: 'A customer cancels a contract with two items, of $100 and $59 a month.',
        results: [
          ['scheduled', 'one decision', '1'],
          ['scheduled_mrr', '100 + 59', '159'],
        ],
        run: {
          events: [
            exampleEvent('started', 'ann', '01', exampleTerms(100)),
            exampleEvent('started', 'ann', '01', { ...exampleTerms(59), subscription_id: 'item' }),
            exampleEvent('canceled', 'ann', '10'),
            exampleEvent('canceled', 'ann', '10', { subscription_id: 'item' }),
          ],
          readAt: '2026-05-31T00:00Z',
          view: 'cancellations_daily',
          where: { date: '2026-05-10', currency: 'USD', reason: '' },
        },
      },
    ],
    source: 'The metric contract, ‘Recurring revenue’.',
  },
  {
    name: 'revenue-churn',
    title: 'Revenue churn, GRR and NRR',
    views: ['revenue_churn_monthly'],
    meaning:
      'How much of the MRR that was there when the month began is still there: without what the same customers added (GRR), and with it (NRR).',
    formula: [
      'grr = sum of min(start, end) / sum of start',
      'nrr = sum of end / sum of start',
      'gross_revenue_churn_rate = 1 - grr',
      'net_revenue_churn_rate = 1 - nrr',
    ],
    rules: [
      [
        'Per currency, over the customers active in it at the start: with an MRR above 0, or kept by a pause. New ones count nowhere.',
        11,
        63,
      ],
      ['Leaving and coming back within the month is not seen. The running month ends now.', 11],
      [
        'The `_reporting` variant takes the rates of the start for start and end: a falling currency is no churn.',
      ],
    ],
    examples: [
      {
        given: '$100,000 recurring last month; the same customers pay $90,000 now.',
        results: [
          ['nrr', '90000 / 100000', '0.9'],
          ['net_revenue_churn_rate', '1 - 90000 / 100000', '0.1'],
        ],
      },
      {
        given: 'Two customers: one goes from $60 to $80, the other from $40 to nothing.',
        results: [
          ['mrr_at_start', '60 + 40', '100'],
          ['grr', '(60 + 0) / 100', '0.6'],
          ['nrr', '(80 + 0) / 100', '0.8'],
          ['gross_revenue_churn_rate', '1 - 0.6', '0.4'],
          ['net_revenue_churn_rate', '1 - 0.8', '0.2'],
        ],
      },
    ],
    source:
      'The metric contract, ‘Recurring revenue’; gross and net revenue retention of subscription finance.',
  },
];
