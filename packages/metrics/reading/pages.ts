import type { MetricPage } from '../definition/page.ts';

/** Pages on outside figures. */
export const readingPages: readonly MetricPage[] = [
  {
    name: 'readings',
    title: 'Readings of outside figures',
    views: ['readings_daily'],
    meaning:
      'First, highest, lowest and last reading of a figure on a day, such as a stock price or a headcount.',
    formula: ['open, close = first, last reading in the order of events', 'high, low = maximum, minimum'],
    rules: [
      ['The order is (`occurred_at`, `sequence`, `event_id`), whenever they arrived.', 43],
      ['Readings of no customer have an empty `customer_id`.', 43],
    ],
    examples: [
      {
        given: 'stock_price is read as 10, 12, 9 and 11.',
        results: [
          ['open', 'the first', '10'],
          ['high', 'the greatest', '12'],
          ['low', 'the least', '9'],
          ['close', 'the last', '11'],
        ],
      },
    ],
    source: 'The metric contract, ‘The rest’; open, high, low, close of market data.',
  },
];
