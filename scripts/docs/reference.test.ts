import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewsOf } from './metric-pages.ts';
import { docs, staleDocs } from './outputs.ts';
import { factsBehind } from './sources.ts';
import { unitOf } from './units.ts';
import { readViewTexts, viewTextsOf } from './view-texts.ts';
import { parseMigration } from '@tidemark/clickhouse/migration-file';
import { factKinds } from '@tidemark/metrics';
import { arithmetic } from '../../packages/metrics/definition/arithmetic.fixtures.ts';
import { metricReference } from '../../packages/metrics/reference.ts';

// The views of the metric contract, in its order.
const contractViews = `
  mrr_movements mrr_daily mrr_monthly mrr_with_non_recurring_monthly churn_daily churn_weekly churn_monthly
  cancellations_daily churn_by_owner_monthly churn_by_segment_monthly revenue_churn_monthly retention_cohorts_monthly
  sales_daily sales_monthly sales_by_kind_monthly repeat_purchase_monthly loyalty_monthly customer_value
  cart_abandonment_daily cart_abandonment_hourly cart_value_daily cart_outcomes_hourly
  contact_volume_hourly contact_volume_daily contact_resolution_daily contact_resolution_monthly
  first_contact_resolution_daily first_contact_resolution_monthly
  mentions_daily mentions_hourly sentiment_daily
  nps_daily nps_monthly csat_daily csat_monthly ces_daily ces_monthly employee_satisfaction_monthly
  task_completion_daily visitor_intent_daily feedback_daily
  acquisition_monthly retention_cost_monthly clv_monthly unit_economics_monthly
  referrals_monthly engagement_daily readings_daily customer_health
  ingest_audit_hourly data_through mrr_movements_as_of mrr_daily_as_of
`
  .trim()
  .split(/\s+/);

const texts = readViewTexts();
const views = [...texts.views.values()];
const pages = metricReference.flatMap((section) => section.pages);
const pageViews = pages.flatMap((page) => viewsOf(page, texts).map((view) => view.name));

test('every view of the contract is in the SQL and on a page', () => {
  assert.deepEqual(
    contractViews.filter((name) => !texts.views.has(name)),
    [],
  );
  assert.deepEqual(
    contractViews.filter((name) => !pageViews.includes(name)),
    [],
  );
});

test('every view that a page names is in the SQL', () => {
  const missing = pages.flatMap((page) => page.views.filter((name) => !texts.views.has(name)));
  assert.deepEqual(missing, []);
});

test('every view is on one page, a reporting sister on that of its plain view', () => {
  const homeless = views.map(({ name }) => name).filter((name) => !pageViews.includes(name));
  assert.deepEqual(homeless, [], 'name it in a packages/metrics/<family>/reference.ts');
  assert.equal(new Set(pageViews).size, pageViews.length);
  assert.equal(new Set(pages.map(({ name }) => name)).size, pages.length);
});

test('every view and every column has a comment, and a column’s unit is known', () => {
  assert.deepEqual(
    views.filter(({ comment }) => comment === '').map(({ name }) => name),
    [],
  );
  const columns = views.flatMap((view) => view.columns.map((column) => ({ view: view.name, ...column })));
  const named = (those: typeof columns) => those.map(({ view, name }) => `${view}.${name}`);
  assert.deepEqual(named(columns.filter(({ comment }) => comment === '')), []);
  const unknown = named(columns.filter((column) => unitOf(column) === undefined));
  assert.deepEqual(
    unknown,
    [],
    'say the unit in its comment as others do, or add it to scripts/docs/units.ts',
  );
});

test('a column without a comment is seen, and what a view reads through a rollup', () => {
  const sql = `
    CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.sale_1h_of_sale TO tidemark_store.sale_1h AS
    SELECT at FROM tidemark_store.sale;

-- views
    CREATE OR REPLACE VIEW tidemark.sales_hourly (
      \`hour\` Nullable(DateTime64(3, 'UTC')), \`net\` Decimal(38, 6) COMMENT 'One''s net, (gross) - refunds.'
    ) SQL SECURITY DEFINER AS SELECT 'tidemark_store.refund' FROM tidemark_store.sale_1h COMMENT 'Sales.'`;
  const found = viewTextsOf([parseMigration('0999_sales.sql', sql)]);
  const view = found.views.get('sales_hourly');
  assert.deepEqual(view?.columns, [
    { name: 'hour', type: "Nullable(DateTime64(3, 'UTC'))", comment: '' },
    { name: 'net', type: 'Decimal(38, 6)', comment: "One's net, (gross) - refunds." },
  ]);
  assert.equal(view.comment, 'Sales.');
  assert.deepEqual([...factsBehind('sales_hourly', found)], ['sale']);
});

test('every kind of fact that a definition publishes is read by a view', () => {
  const read = new Set(views.flatMap(({ name }) => [...factsBehind(name, texts)]));
  assert.deepEqual(
    [...factKinds.keys()].filter((kind) => !read.has(kind)),
    [],
  );
});

test('every page says all there is to say, of columns that exist', () => {
  for (const page of pages) {
    const columns = viewsOf(page, texts).flatMap((view) => view.columns.map(({ name }) => name));
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
