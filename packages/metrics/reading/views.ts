import type { MetricPage } from '../definition/page.ts';
import { type Column, count, figure, text } from '../sql/column.ts';
import { day } from '../sql/period.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const reading = (meaning: string): Column => ({
  ...figure('of the readings', `${meaning} In the unit of the readings.`),
  type: 'Float64',
});

/** First and last by the order of events (rule 43). */
const readings = view('readings_daily', {
  columns: {
    date: day.says(),
    name: text('What is read, e.g. stock_price or fx:EUR/USD.'),
    customer_id: text('The customer it is a figure of; empty when of none.'),
    open: reading('First reading of the day, in the order of events.'),
    high: reading('Highest reading of the day.'),
    low: reading('Lowest reading of the day.'),
    close: reading('Last reading of the day, in the order of events.'),
    readings: count('Readings of the day.'),
  },
  select: sql`
    SELECT ${day.of('read_at')} AS date, name, customer_id,
      argMin(figure, (read_at, sequence, event_id)) AS open, max(figure) AS high, min(figure) AS low,
      argMax(figure, (read_at, sequence, event_id)) AS close, toInt64(count()) AS readings
    FROM (
      SELECT name, customer_id, r.at AS read_at, sequence, event_id, r.value AS figure
      FROM tidemark_store.reading AS r
      GROUP BY name, customer_id, reading_id, read_at, sequence, event_id, figure
      HAVING sum(sign) > 0
    )
    GROUP BY date, name, customer_id`,
  comment:
    'First, highest, lowest and last reading of each figure by day, as market data has it. Counted from the single readings.',
});

/** Views of readings. */
export const readingViews: readonly View[] = [readings];

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
