import type { EdgeRule, MetricPage } from '../definition/page.ts';

const source = 'The metric contract, ‘Costs, lifetime value, unit economics’.';
const spread: EdgeRule = [
  'A cost a over n days counts on day i as round(a·i/n) − round(a·(i−1)/n): it adds up exactly. Days to come count nothing yet.',
  39,
  52,
];

/** What winning and keeping customers costs. */
export const costPages: readonly MetricPage[] = [
  {
    name: 'acquisition-cost',
    title: 'Customer acquisition cost (CAC)',
    views: ['acquisition_monthly'],
    meaning: 'What it costs to win a customer, by segment.',
    formula: [
      'acquisition_cost = marketing + sales costs of the month',
      'cac = acquisition_cost / customers_acquired',
    ],
    rules: [
      [
        'A customer is acquired with the first `new` movement or the first purchase, the earlier; currency and segment are of that. At a tie the subscription’s.',
        40,
      ],
      spread,
    ],
    examples: [
      {
        given:
          'For the segment smb marketing costs $6,000 in June and sales $3,000; 45 customers are acquired in it.',
        results: [
          ['acquisition_cost', '6000 + 3000', '9000'],
          ['cac', '9000 / 45', '200'],
        ],
      },
    ],
    source,
  },
  {
    name: 'retention-cost',
    title: 'Customer retention cost (CRC)',
    views: ['retention_cost_monthly'],
    meaning: 'What it costs to keep and serve a customer for a month.',
    formula: ['retention_cost = retention + service costs of the month', 'crc = retention_cost / customers'],
    rules: [
      [
        '`customers` are the closing customers of `mrr_monthly`; where there are none, the buyers of the month.',
        40,
      ],
      spread,
    ],
    examples: [
      {
        given: '$1,000 for retention and $3,000 for service in a month that ends with 100 paying customers.',
        results: [
          ['retention_cost', '1000 + 3000', '4000'],
          ['crc', '4000 / 100', '40'],
        ],
      },
    ],
    source,
  },
];
