import type { MetricPage } from '../definition/page.ts';
import { churnPages } from './churn-pages.ts';
import { formulaOf } from '../sql/ratio.ts';
import { committedPage } from './committed-page.ts';
import { pastDuePage } from './past-due-page.ts';
import { logoRetention } from './ratios.ts';

const mrr: MetricPage = {
  name: 'mrr',
  title: 'Monthly recurring revenue (MRR) and ARPA',
  views: ['mrr_daily', 'mrr_monthly'],
  meaning:
    'What the subscriptions in force are worth a month, and what moved it. No tax, nothing sold once. ARPA is the MRR of an average customer.',
  formula: [
    'MRR of a subscription = max(0, unit_amount * quantity - discount_amount) / months of its interval',
    'months of an interval = interval_count * (day 12/365, week 12/52, month 1, year 12)',
    'mrr = mrr of the period before + new + expansion + reactivation + contraction + churn',
    'arpa = mrr / customers',
  ],
  rules: [
    [
      'A subscription is rounded once, half to even at the 6th decimal; everything else is a sum of those.',
      10,
    ],
    ['A trial, a pause, quantity 0 and a full discount are worth nothing.', 6, 8],
    [
      '`customers` are those active in the currency: with PAUSE_COUNTS_AS=kept those kept by a pause too.',
      63,
    ],
    ['A change, cancellation or pause holds from the later of `effective_at` and `occurred_at`.', 2],
    ['Terms are whole: an absent `quantity` is 1, `discount_amount` 0, `interval_count` 1.', 5],
    [
      'Every period from the first movement of a currency to the one under way has a row, quiet ones too.',
      26,
    ],
  ],
  examples: [
    {
      given: 'One customer takes a yearly plan of $1,200, another 3 seats at $59 a month; both are new.',
      results: [
        ['new', '1200 / 12 + 3 * 59', '277'],
        ['mrr', '0 + 277', '277'],
        ['customers', '1 + 1', '2'],
        ['arpa', '277 / 2', '138.5'],
      ],
    },
    {
      given:
        'In USD, a customer keeps €100 a month while the rate goes from 1.10 to 1.20 (`mrr_daily_reporting`).',
      results: [
        ['mrr', '100 * 1.2', '120'],
        ['net', 'nothing moved', '0'],
        ['fx', '120 - 100 * 1.1 - 0', '10'],
      ],
    },
  ],
  source:
    'The metric contract, ‘Recurring revenue’. The five movements are those of [ChartMogul](https://help.chartmogul.com/hc/en-us/articles/203299912).',
};

const movements: MetricPage = {
  name: 'mrr-movements',
  title: 'MRR movements',
  views: ['mrr_movements'],
  meaning:
    'Each change of a customer’s MRR, with what caused it. The amounts of a currency add up to its MRR.',
  formula: [
    'amount = MRR of the customer after the instant - before it, per currency',
    'new: never active before; reactivation: active again after having been lost',
    'churn: the last currency falls to 0; expansion, contraction: any other rise, fall',
  ],
  rules: [
    [
      'Net per customer, currency and instant: events and passing time of one millisecond are one movement.',
      3,
      4,
    ],
    ['The label is the customer’s transition over all currencies, not the currency’s.', 4],
    [
      'With PAUSE_COUNTS_AS=kept a pause is a contraction, and the end of a paused subscription is churn with amount 0.',
      63,
    ],
    [
      'With REPLACEMENT_WINDOW an end and a new start within it are one movement, at the start; an end is not there until it is over.',
      62,
    ],
    ['Plan, owner and cause are those of the last event of the instant that changed the currency’s MRR.', 9],
    [
      'What only the passing of time did (a paid period or a trial ended) has an empty `event_id`; `reason` is the cancellation’s.',
      9,
    ],
    ['Owner, segment and country are the customer’s: absent in an event means unchanged.', 5],
  ],
  examples: [
    {
      given: 'In one millisecond a customer’s plan of $100 a month ends and another of $150 starts.',
      results: [
        ['movement', 'one row', 'expansion'],
        ['amount', '150 - 100', '50'],
      ],
    },
  ],
  source: 'The metric contract, ‘Recurring revenue’.',
};

const cohorts: MetricPage = {
  name: 'retention-cohorts',
  title: 'Retention by cohort',
  views: ['retention_cohorts_monthly'],
  meaning:
    'Of the customers who became active in one month, how many are still active months later, and with how much MRR.',
  formula: [
    `logo_retention = ${formulaOf(logoRetention)}`,
    'revenue_retention = mrr / new movements of the cohort',
  ],
  rules: [
    [
      '`customers` and `active` are of the whole cohort, `mrr` is of the row’s currency; at the month’s end, or now.',
      12,
    ],
    ['Who was lost and came back counts as active.', 12],
    ['A cohort has rows up to the month under way.', 26],
  ],
  examples: [
    {
      given:
        '10 customers became active in May at $100 a month each; at the end of July 8 of them are active with $900 together.',
      results: [
        ['months_since', 'May to July', '2'],
        ['logo_retention', '8 / 10', '0.8'],
        ['revenue_retention', '900 / (10 * 100)', '0.9'],
      ],
    },
  ],
  source: 'The metric contract, ‘Recurring revenue’; cohort analysis of subscriptions.',
};

/** Pages on recurring revenue, in the order of the contract. */
export const subscriptionPages: readonly MetricPage[] = [
  mrr,
  movements,
  committedPage,
  pastDuePage,
  ...churnPages,
  cohorts,
];
