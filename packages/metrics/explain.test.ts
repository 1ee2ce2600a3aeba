import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, explainable, isFormula, reasonsOf, Unexplained, withoutFigures } from './explain.ts';
import { figureSql, partsSql } from './explain-sql.ts';
import { metricFamilies } from './index.ts';

const shown = metricFamilies.flatMap(({ views }) => views).filter(({ database }) => database === 'tidemark');

test('every column of every view is of the key, is explained, or says why not', () => {
  const open: string[] = [];
  for (const { name, columns } of shown) {
    if (Object.hasOwn(withoutFigures, name)) continue;
    const about = explainable().find(({ view }) => view === name);
    const reasons = Object.keys(reasonsOf(name));
    for (const column of columns)
      if (![...(about?.key ?? []), ...(about?.columns ?? []), ...reasons].includes(column.name))
        open.push(`${name}.${column.name}`);
  }
  assert.deepEqual(open, [], 'add them to explained.ts of their folder');
});

test('what is explained is there, and once: a column, or a reason', () => {
  const names = new Map(
    shown.map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]),
  );
  for (const { view, key, columns } of explainable()) {
    const all = [...key, ...columns, ...Object.keys(reasonsOf(view))];
    assert.deepEqual(
      all.filter((column) => !names.get(view)?.has(column)),
      [],
      view,
    );
    assert.equal(new Set(all).size, all.length, `${view}: ${all.join()}`);
  }
});

test('a figure of a period is a sum over the facts within it, a balance over all up to it', () => {
  const reading = { form: 'now' } as const;
  const text = (column: string): string => {
    const of = explain('mrr_daily', column);
    assert.ok(!isFormula(of.explanation));
    return partsSql(of, of.explanation, reading);
  };
  assert.match(text('new'), /toDate\(bucket, .*\) = \{k_date:Date\} AND currency = \{k_currency:String\}/);
  assert.match(text('mrr'), /toDate\(bucket, .*\) <= \{k_date:Date\} AND currency/);
});

test('a ratio of columns is explained by them', () => {
  const { explanation } = explain('churn_monthly', 'churn_rate');
  assert.ok(isFormula(explanation));
  assert.deepEqual(Object.keys(explanation.operands), ['customers_lost', 'customers_at_start']);
});

test('as known at an instant, a text reads the facts recorded by then', () => {
  const of = explain('customer_value', 'recurring_revenue_to_date');
  const text = figureSql(of, { form: 'asOf' });
  assert.match(text, /recorded_at <= \{known_at:DateTime64\(3, 'UTC'\)\}/);
  assert.doesNotMatch(text, /\bnow\(\)|now64/);
});

test('what is not explained is refused with the reason', () => {
  assert.throws(() => explain('nothing', 'x'), Unexplained);
  assert.throws(() => explain('mrr_daily', 'x'), /its figures are new, expansion/);
  assert.throws(() => explain('mrr_daily', 'date'), /it names the row/);
  assert.throws(() => explain('fx_missing', 'date'), /it lists rates/);
});
