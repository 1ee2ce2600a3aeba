import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies, viewsAsOf, viewsRestated, withoutAsOf } from '../index.ts';
import { asOf, viewsInForm } from './as-of.ts';
import { count, text } from './column.ts';
import { restated } from './restated.ts';
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
  const [then] = viewsInForm(asOf, { views: [sold], tables: [sale, refund, byHour] }, new Set());
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
  const then = viewsInForm(asOf, { views: [sold, above], tables: [sale, refund, byHour] }, new Set()).find(
    ({ name }) => name === 'best_as_of',
  );
  assert.equal(
    then?.select,
    "SELECT channel FROM tidemark.sold_as_of(known_at = {known_at:DateTime64(3, 'UTC')}) AS s WHERE sold > 10",
  );
});

test('a view of what is not known is refused', () => {
  assert.throws(() => viewsInForm(asOf, { views: [sold], tables: [] }, new Set()), RangeError);
});

test('between two instants there are the facts of before, and of those since the ones with the first causes', () => {
  const rates = factTable(
    'reading',
    {},
    { orderBy: 'at', cause: `if(startsWith(name, 'fx:'), 'rate', cause)` },
  );
  const read = view('read', {
    columns: { name: text('What.') },
    select: 'SELECT name FROM tidemark_store.reading',
    comment: 'Read.',
  });
  const [between] = viewsInForm(restated, { views: [read], tables: [rates] }, new Set());
  assert.equal(between?.name, 'read_restated');
  assert.equal(
    between.select.replaceAll(/\s+/g, ' '),
    "SELECT name FROM ( SELECT * FROM tidemark_store.reading WHERE recorded_at <= {since:DateTime64(3, 'UTC')} " +
      "OR (recorded_at <= {until:DateTime64(3, 'UTC')} AND transform(if(startsWith(name, 'fx:'), 'rate', cause), " +
      "['arrived', 'late', 'corrected', 'voided', 'rate', 'definition', 'unknown'], [1, 2, 3, 4, 5, 6, 7], 7) <= {step:UInt8}) ) AS reading",
  );
});

test('every view has an as-of form or the reason beside it (rule 28)', () => {
  const names = metricFamilies.flatMap(({ views }) => views.map(({ name }) => name));
  const covered = [...viewsAsOf.map(({ name }) => name.replace(/_as_of$/, '')), ...Object.keys(withoutAsOf)];
  assert.deepEqual(covered.toSorted(), names.toSorted());
  assert.equal(viewsRestated.length, viewsAsOf.length);
});
