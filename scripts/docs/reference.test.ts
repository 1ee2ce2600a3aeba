import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factKinds, metricFamilies } from '@tidemark/metrics';
import { arithmetic } from '../../packages/metrics/definition/arithmetic.fixtures.ts';
import { rollup } from '../../packages/metrics/sql/table.ts';
import { view } from '../../packages/metrics/sql/view.ts';
import { viewsOf } from './metric-pages.ts';
import { docs, staleDocs } from './outputs.ts';
import { factsBehind } from '@tidemark/metrics/catalogue/sources';
import { catalogOf, readsOf } from '@tidemark/metrics/catalogue/reads';

const catalog = catalogOf(metricFamilies);
const pages = metricFamilies.flatMap((family) => family.pages);

test('what a view reads is followed through views, parts and rollups to the facts', () => {
  const part = view('fx_rate', {
    database: 'tidemark_store',
    columns: {},
    select: 'SELECT 1 FROM tidemark_store.reading',
    comment: 'Rates.',
  });
  const sales = view('sales_hourly', {
    columns: {},
    select: "SELECT 'tidemark_store.refund' FROM tidemark_store.sale_1h JOIN tidemark_store.fx_rate",
    comment: 'Sales.',
  });
  const sale = rollup('sale_1h', { columns: '', orderBy: 'at', from: { sale: 'SELECT 1' } });
  const reading = rollup('reading', { columns: '', orderBy: 'at', from: { reading: 'SELECT 1' } });
  const [family] = metricFamilies;
  const found = catalogOf([{ ...family!, views: [part, sales], tables: [sale, reading] }]);
  assert.deepEqual(readsOf(sales, found), {
    settings: [],
    tables: ['sale_1h'],
    views: ['fx_rate'],
  });
  assert.deepEqual([...factsBehind('sales_hourly', found)], ['sale', 'reading']);
});

test('every kind of fact that a definition publishes is read by a view', () => {
  const read = new Set([...catalog.views.keys()].flatMap((name) => [...factsBehind(name, catalog)]));
  assert.deepEqual(
    [...factKinds.keys()].filter((kind) => !read.has(kind)),
    [],
  );
});

test('every page is complete, and names columns that exist', () => {
  for (const page of pages) {
    const columns = viewsOf(page, catalog).flatMap((view) => view.columns.map(({ name }) => name));
    assert.ok(page.meaning !== '' && page.source !== '', page.name);
    for (const part of [page.formula, page.rules, page.examples]) assert.ok(part.length > 0, page.name);
    for (const [column] of page.examples.flatMap(({ results }) => results)) {
      assert.ok(columns.includes(column), `${page.name}: no view of it has a column ${column}`);
    }
  }
});

test('the numbers of the worked examples come out', () => {
  let worked = 0;
  for (const page of pages) {
    for (const [column, working, value] of page.examples.flatMap(({ results }) => results)) {
      const found = arithmetic(working);
      if (found === undefined) continue;
      const [whole, of] = [Math.round(found * 1e6), `${page.name}: ${column} = ${working}`];
      assert.equal(whole, Math.round(Number(value) * 1e6), of);
      worked++;
    }
  }
  assert.ok(worked > 70);
});

test('the pages are up to date: npm run docs', async () => {
  assert.deepEqual(staleDocs(await docs()), []);
});
