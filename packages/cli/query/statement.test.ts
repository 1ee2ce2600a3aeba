import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isViewName, rangeOf, statementOf } from './statement.ts';

const daily = [
  { name: 'currency', type: 'LowCardinality(String)' },
  { name: 'date', type: 'Date' },
];

test('a period is days, months or years, both ends included', () => {
  const cases: readonly [string, string, string][] = [
    ['2026', '2026-01-01', '2027-01-01'],
    ['2026-02', '2026-02-01', '2026-03-01'],
    ['2026-12-31', '2026-12-31', '2027-01-01'],
    ['2026-01..2026-03', '2026-01-01', '2026-04-01'],
    ['2026-01-30..2026-02', '2026-01-30', '2026-03-01'],
  ];
  for (const [period, from, until] of cases) assert.deepEqual(rangeOf(period), { from, until }, period);
});

test('what is no period is refused with what to write', () => {
  for (const period of ['', 'May', '2026-13', '2026-02-30', '2026-03..2026-01', '2026..2027..2028', '26-1'])
    assert.throws(() => rangeOf(period), /write 2026, 2026-01, 2026-01-15, or two of them/, period);
});

test('a view is read newest first, within the period, as it was known', () => {
  const asked = { view: 'mrr_daily', limit: 5 };
  assert.equal(statementOf(asked, daily).query, 'SELECT * FROM mrr_daily ORDER BY date DESC LIMIT 5');
  assert.deepEqual(
    statementOf({ ...asked, period: '2026-01', asOf: Date.UTC(2026, 1, 3, 4, 5, 6, 789) }, daily),
    {
      query:
        'SELECT * FROM mrr_daily_as_of(known_at = {known_at:String}) ' +
        'WHERE date >= toDate({from:String}) AND date < toDate({until:String}) ORDER BY date DESC LIMIT 5',
      parameters: { known_at: '2026-02-03 04:05:06', from: '2026-01-01', until: '2026-02-01' },
    },
  );
});

test('hours of a period are those of UTC', () => {
  const hourly = [{ name: 'hour', type: "DateTime64(3, 'UTC')" }];
  assert.match(
    statementOf({ view: 'v', limit: 1, period: '2026-01-15' }, hourly).query,
    /WHERE hour >= toDateTime\(toDate\(\{from:String\}\), 'UTC'\) AND hour < /,
  );
});

test('a view without a time has no period', () => {
  const columns = [{ name: 'n', type: 'UInt64' }];
  assert.equal(statementOf({ view: 'v', limit: 1 }, columns).query, 'SELECT * FROM v LIMIT 1');
  assert.throws(() => statementOf({ view: 'v', limit: 1, period: '2026' }, columns), /leave --period out/);
});

test('a word is a view, anything else is SQL', () => {
  assert(isViewName('mrr_daily'));
  for (const sql of ['SELECT 1', 'mrr_daily LIMIT 1', '1']) assert(!isViewName(sql), sql);
});
