import type { MetricPage } from '../definition/reference.ts';

/** Outside figures, exchange rates among them. */
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
  {
    name: 'exchange-rates',
    title: 'Exchange rates, and those that are missing',
    views: ['fx_rates_daily', 'fx_missing'],
    meaning:
      'The rates at which the `_reporting` views convert into REPORTING_CURRENCY, and the days for which one is missing. Published as readings named `fx:EUR/USD`: dollars for one euro.',
    formula: [
      'rate of a day = last reading of the latest day with one, at most 7 days before',
      'converted = amount * rate, rounded half to even at the 6th decimal',
    ],
    rules: [
      [
        'Only the pair into REPORTING_CURRENCY counts, without a customer, above 0: no rate is made of the inverse or of two others.',
      ],
      ['What happened is converted at the rate of its day, what stands at that of the period’s last day.'],
      [
        'A missing rate makes null in just the columns that need it, and a row in `fx_missing`; 0 needs no rate.',
      ],
    ],
    examples: [
      {
        given: '`fx:EUR/USD` is read as 1.10 on a Friday and not on the weekend. The row of Sunday:',
        results: [
          ['rate', 'that of Friday', '1.1'],
          ['read_on', '2 days before', 'Friday'],
        ],
      },
    ],
    source: '[Several currencies in one report](../decisions/currencies.md).',
  },
];
