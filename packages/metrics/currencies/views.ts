import type { MetricPage } from '../definition/page.ts';
import { type Column, date, text } from '../sql/column.ts';
import { day, today } from '../sql/period.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const rate: Column = {
  type: 'Nullable(Decimal(38, 18))',
  unit: 'units of reporting_currency for one',
  meaning: 'Units of the reporting currency for one unit of currency.',
};

const rates = view('fx_rates_daily', {
  columns: {
    date: day.says(),
    currency: text('ISO 4217 code of what is converted.'),
    reporting_currency: text('ISO 4217 code of what it is converted to: REPORTING_CURRENCY.'),
    rate: {
      ...rate,
      meaning:
        'Units of the reporting currency for one unit of currency: the last reading of the latest day with one, up to 7 days before.',
    },
    read_on: date('The day of that reading.'),
  },
  select: sql`
    SELECT read_on + arrayJoin(range(toUInt64(greatest(0, least(next_on - read_on, 8, ${today} - read_on + 1))))) AS date,
      currency, ${reportingCurrency} AS reporting_currency, last_rate AS rate, read_on
    FROM (
      SELECT substring(name, 4, 3) AS currency, read_on, last_rate,
        leadInFrame(read_on, 1, toDate('2149-06-06')) OVER (PARTITION BY name ORDER BY read_on ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_on
      FROM (
        SELECT name, ${day.of('read_at')} AS read_on,
          -- By way of text, so that 1.1 is 1.1 and not the nearest binary fraction.
          toDecimal128OrNull(toString(argMax(figure, (read_at, sequence, event_id))), 18) AS last_rate
        FROM (
          SELECT name, r.at AS read_at, sequence, event_id, r.value AS figure
          FROM tidemark_store.reading AS r
          WHERE startsWith(name, 'fx:') AND match(name, concat('^fx:[A-Z]{3}/', ${reportingCurrency}, '$')) AND customer_id = '' AND r.value > 0
          GROUP BY name, reading_id, read_at, sequence, event_id, figure
          HAVING sum(sign) > 0
        )
        GROUP BY name, read_on
      )
      WHERE last_rate > 0
    )
    WHERE currency != ${reportingCurrency}`,
  comment:
    'Exchange rates into the reporting currency by day, from readings named fx:EUR/USD (dollars for a euro). No rate is made up of others: neither of the inverse pair nor by way of a third currency.',
});

/** The rates that views join: with 1 for the reporting currency itself, on every day from 1970 to tomorrow. */
const joined = view('fx_rate', {
  database: 'tidemark_store',
  columns: {
    date: day.says(),
    currency: text('ISO 4217 code of what is converted, the reporting currency too.'),
    rate,
  },
  select: sql`
    SELECT date, currency, rate FROM tidemark.fx_rates_daily
    UNION ALL
    SELECT toDate(number) AS date, ${reportingCurrency} AS currency, toNullable(toDecimal128(1, 18)) AS rate
    FROM numbers(toUInt64(${today}) + 2)`,
  comment: 'Exchange rates into the reporting currency, that currency included.',
});

/** Views of exchange rates. */
export const currencyViews: readonly View[] = [rates, joined];

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
