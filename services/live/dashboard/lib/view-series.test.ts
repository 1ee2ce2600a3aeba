import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ViewAnswer } from '../../views-api.ts';
import { seriesOf, written } from './view-series.js';

const view: ViewAnswer = {
  view: 'contact_volume_daily',
  group: 'Support contacts',
  title: 'Contact volume',
  meaning: '',
  formula: [],
  period: { grain: 'day', column: 'date' },
  dimensions: ['channel'],
  columns: [],
  measures: ['opened'],
  families: ['contact'],
};

test('a measure is a line for each value of the dimension; a period without a row has no value, which is no zero', () => {
  const rows = [
    { date: '2026-05-02', channel: 'in_person', opened: 1 },
    { date: '2026-05-02', channel: 'email', opened: 9 },
    { date: '2026-05-01', channel: 'email', opened: '3' },
  ];
  assert.deepEqual(seriesOf(view, 'opened', rows), {
    periods: ['2026-05-01', '2026-05-02'],
    series: [
      { label: 'email', values: [3, 9] },
      { label: 'in_person', values: [null, 1] },
    ],
  });
});

test('a value is written by its unit, an amount in the currency of its row', () => {
  const zone = 'UTC';
  assert.equal(written('1234.5', { unit: 'major unit a month', currency: 'EUR', zone }), '€1,234.50');
  assert.equal(written('1234.5', { unit: 'major unit', currency: undefined, zone }), '1234.50');
  assert.equal(written(0.0251, { unit: 'fraction', zone }), '2.51 %');
  assert.equal(written(5_400, { unit: 'seconds', zone }), '1 h 30 min');
  assert.equal(written(null, { unit: 'count', zone }), '–');
});
