import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies } from '../index.ts';
import { cataloguedViews, metrics } from './catalogue.ts';

test('every view that BI tools read is in the catalogue, once', () => {
  const views = metricFamilies.flatMap((family) =>
    family.views.filter(({ database }) => database === 'tidemark'),
  );
  assert.deepEqual(
    cataloguedViews.map(({ view }) => view.name).toSorted(),
    views.map(({ name }) => name).toSorted(),
  );
});

test('a metric has the definition of its view, in each grain that has it', () => {
  const churn = metrics.get('churn.churn_rate')!;
  assert.deepEqual(Object.keys(churn.grains), ['day', 'week', 'month']);
  assert.match(churn.meaning, /^customers_lost \/ customers_at_start/);
  assert.deepEqual([churn.unit, churn.isMoney, churn.dimensions, churn.families], ['fraction', false, [], ['subscription']]); // prettier-ignore
  assert.deepEqual(Object.keys(metrics.get('churn.lost_of_start')!.grains), ['month']);
  const mrr = metrics.get('mrr_reporting.mrr')!;
  assert.deepEqual([mrr.isMoney, mrr.dimensions, mrr.grains.day?.view], [true, ['currency'], 'mrr_daily_reporting']); // prettier-ignore
  assert.ok(mrr.families.includes('reading'));
  assert.deepEqual(metrics.get('retention_cohorts.active')!.dimensions, [
    'cohort',
    'months_since',
    'currency',
  ]);
});
