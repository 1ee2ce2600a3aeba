import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, currency, money, rate, text } from './column.ts';
import { periodViews } from './period-views.ts';
import { reportedByDay } from './reporting.ts';
import { view } from './view.ts';

const source = {
  grains: ['day', 'month'],
  from: 'tidemark_store.sale_15m AS s',
  when: 'of the purchases',
  by: { currency, channel: text('Where.') },
  columns: {
    revenue: money('Sum.', 'sum(s.revenue)'),
    made: count('All.', 'sum(s.made)'),
    kept: count('Not returned.', 'sum(s.kept)'),
    keep_rate: rate({ numerator: { kept: 1 }, denominator: { made: 1 } }, 'null without any'),
  },
  having: 'made != 0',
  comment: ({ grain }: { grain: string }) => `Sales by ${grain}.`,
} as const;

test('one text makes a view for each grain', () => {
  const [daily, monthly] = periodViews('sold', source);
  assert.equal(
    daily?.text,
    `CREATE OR REPLACE VIEW tidemark.sold_daily (
  \`date\` Date COMMENT 'Day of the purchases, in the reporting zone.',
  \`currency\` String COMMENT 'ISO 4217 code of the money columns.',
  \`channel\` String COMMENT 'Where.',
  \`revenue\` Decimal(38, 6) COMMENT 'Sum. Major unit of the currency.',
  \`made\` Int64 COMMENT 'All.',
  \`kept\` Int64 COMMENT 'Not returned.',
  \`keep_rate\` Nullable(Float64) COMMENT 'kept / made; null without any. A fraction.'
)
SQL SECURITY DEFINER
AS SELECT
  toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date,
  currency,
  channel,
  sum(s.revenue) AS revenue,
  sum(s.made) AS made,
  sum(s.kept) AS kept,
  rate_of(sum(s.kept), sum(s.made)) AS keep_rate
FROM tidemark_store.sale_15m AS s
GROUP BY date, currency, channel
HAVING made != 0
COMMENT 'Sales by day.'`,
  );
  assert.equal(monthly?.name, 'sold_monthly');
  assert.match(
    monthly.text,
    /toStartOfMonth\(bucket, '\{\{REPORTING_TIMEZONE\}\}'\) AS month,[^]*GROUP BY month, currency, channel/,
  );
});

test('a column that is neither SQL nor a ratio of columns is refused by name', () => {
  const { columns } = source;
  const wrong = { ...columns, keep_rate: rate({ numerator: { gone: 1 }, denominator: { made: 1 } }) };
  assert.throws(
    () => periodViews('sold', { ...source, columns: wrong }),
    /keep_rate is a ratio of gone, which is no column/,
  );
  assert.throws(
    () => periodViews('sold', { ...source, columns: { made: count('All.') } }),
    /column made has neither SQL nor a ratio/,
  );
});

test('over all currencies money is converted by the day, counts add up, dimensions stay', () => {
  const { keep_rate: _, ...columns } = source.columns;
  const [daily] = periodViews('sold', { ...source, columns });
  const reported = reportedByDay(daily!, 'Sales over all currencies.');
  assert.deepEqual(
    reported.columns.map(({ name, type }) => `${name} ${type}`),
    [
      'date Date',
      'currency String',
      'channel String',
      'revenue Nullable(Decimal(38, 6))',
      'made Int64',
      'kept Int64',
    ],
  );
  assert.equal(
    reported.columns[3]?.comment,
    'Sum. At the rate of the day; null when one is missing. Major unit of REPORTING_CURRENCY.',
  );
  assert.match(reported.text, /sum_known\(c_revenue\) AS revenue,\s+sum\(c_made\) AS made,/);
  assert.match(
    reported.text,
    /converted\(revenue, rate\) AS c_revenue,[^]*LEFT JOIN tidemark_store\.fx_rate AS f USING \(date, currency\)[^]*GROUP BY date, channel/,
  );
});

test('a column that does not add up over currencies has no variant', () => {
  const [daily] = periodViews('sold', source);
  assert.throws(() => reportedByDay(daily!, ''), /sold_daily\.keep_rate is in fraction/);
});

test('settings of readers do not change the meaning of a view', () => {
  const selects = { plain: 'SELECT 1 AS a', joined: 'SELECT a FROM x LEFT JOIN y USING (a)' };
  const textOf = (select: string): string =>
    view('v', { columns: { a: count('A.') }, select, comment: 'V.' }).text;
  assert.doesNotMatch(textOf(selects.plain), /SETTINGS/);
  assert.match(
    textOf(selects.joined),
    /\nSETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0\n/,
  );
  assert.match(
    textOf('SELECT a FROM x ORDER BY a WITH FILL TO 3'),
    /\nSETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1\n/,
  );
});
