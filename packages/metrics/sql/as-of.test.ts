import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies, viewsAsOf, withoutAsOf } from '../index.ts';
import { asOfViews } from './as-of.ts';
import { count, text } from './column.ts';
import { factTable, rollup } from './table.ts';
import { view } from './view.ts';

const sale = factTable('sale', { channel: 'string' }, { orderBy: 'at' });
const refund = factTable('refund', { channel: 'string' }, { orderBy: 'at' });
const byHour = rollup('sale_1h', {
  columns: 'hour DateTime, channel String, -- By hour.\nsold Int64, returned Int64',
  orderBy: '(hour, channel)',
  from: {
    sale: 'SELECT toStartOfHour(at) AS hour, channel, sum(sign) AS sold FROM tidemark_store.sale GROUP BY hour, channel',
    refund:
      'SELECT toStartOfHour(at) AS hour, channel, sum(r.sign) AS returned FROM tidemark_store.refund AS r GROUP BY hour, channel',
  },
});
const sold = view('sold', {
  columns: { channel: text('Where.'), sold: count('All.') },
  select:
    'SELECT channel, sum(sold) AS sold FROM tidemark_store.sale_1h GROUP BY channel HAVING max(hour) < now()',
  comment: 'Sales.',
});

test('a rollup is added up anew of the facts recorded by then, and the instant is its now (rule 28)', () => {
  const [then] = asOfViews([sold], [sale, refund, byHour], new Set());
  assert.equal(then?.name, 'sold_as_of');
  const at = "{known_at:DateTime64(3, 'UTC')}";
  assert.equal(
    then.select.replaceAll(/\s+/g, ' '),
    'SELECT channel, sum(sold) AS sold FROM ( SELECT hour, channel, sum(part.sold) AS sold, sum(part.returned) AS returned FROM ( ' +
      'SELECT hour, channel, sold, 0 AS returned FROM ( SELECT toStartOfHour(at) AS hour, channel, sum(sign) AS sold ' +
      `FROM (SELECT * FROM tidemark_store.sale WHERE recorded_at <= ${at}) AS sale GROUP BY hour, channel ) UNION ALL ` +
      'SELECT hour, channel, 0 AS sold, returned FROM ( SELECT toStartOfHour(at) AS hour, channel, sum(r.sign) AS returned ' +
      `FROM (SELECT * FROM tidemark_store.refund WHERE recorded_at <= ${at}) AS r GROUP BY hour, channel ) ) AS part ` +
      `GROUP BY hour, channel HAVING sold != 0 OR returned != 0 ) AS sale_1h GROUP BY channel HAVING max(hour) < ${at}`,
  );
});

test('another view is read in its as-of form', () => {
  const above = view('best', {
    columns: { channel: text('Where.') },
    select: 'SELECT channel FROM tidemark.sold AS s WHERE sold > 10',
    comment: 'Best.',
  });
  const then = asOfViews([sold, above], [sale, refund, byHour], new Set()).find(
    ({ name }) => name === 'best_as_of',
  );
  assert.equal(
    then?.select,
    "SELECT channel FROM tidemark.sold_as_of(known_at = {known_at:DateTime64(3, 'UTC')}) AS s WHERE sold > 10",
  );
});

test('a view of what is not known is refused', () => {
  assert.throws(() => asOfViews([sold], [], new Set()), RangeError);
});

test('every view has an as-of form or the reason beside it (rule 28)', () => {
  const names = metricFamilies.flatMap(({ views }) => views.map(({ name }) => name));
  const covered = [...viewsAsOf.map(({ name }) => name.replace(/_as_of$/, '')), ...Object.keys(withoutAsOf)];
  assert.deepEqual(covered.toSorted(), names.toSorted());
});
