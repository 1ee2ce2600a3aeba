import type { MetricPage } from '../definition/page.ts';

/** Pages on several currencies in one report. */
export const currencyPages: readonly MetricPage[] = [
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
