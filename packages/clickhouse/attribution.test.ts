import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '@tidemark/metrics/sql/view';
import { changedCells, type TextRow } from './attribution.ts';

const column = (name: string, type: string): View['columns'][number] => ({
  name,
  type,
  unit: 'count',
  meaning: '',
  comment: '',
});
const view = {
  columns: [
    column('date', 'Date'),
    column('currency', 'LowCardinality(String)'),
    { ...column('sold', 'Int64'), ratio: { numerator: { sold: 1 }, denominator: { all: 1 } } },
    column('mrr', 'Decimal(38, 6)'),
    column('verdict', 'String'),
  ],
} as const;
const row = (mrr: string | null, sold = '1'): TextRow => ({
  _date: '2026-01-01',
  _currency: 'USD',
  _mrr: mrr,
  _sold: sold,
});
const key = { date: '2026-01-01', currency: 'USD' };

test('each cause has what it changed, exactly, and one that changed nothing is left out', () => {
  const states = [[row('0.1')], [row('0.3')], [row('0.3')], [row('100.300001')]];
  assert.deepEqual(changedCells(view, ['late', 'voided', 'rate'], states), [
    {
      key,
      column: 'mrr',
      before: '0.1',
      after: '100.300001',
      difference: '100.200001',
      causes: { late: '0.2', rate: '100.000001' },
    },
  ]);
});

test('what causes did and undid is a change, though the cell is what it was', () => {
  const [cell] = changedCells(view, ['late', 'voided'], [[row('1')], [row('3')], [row('1')]]);
  assert.deepEqual([cell?.difference, cell?.causes], ['0', { late: '2', voided: '-2' }]);
});

test('a row that is not there, and what is no number, count as 0; a ratio has its formula', () => {
  const cells = changedCells(view, ['late', 'voided'], [[], [row('5', '2')], [row('nan', '2')]]);
  assert.deepEqual(cells, [
    {
      key,
      column: 'sold',
      before: null,
      after: '2',
      difference: '2',
      causes: { late: '2' },
      formula: 'sold / all',
    },
    { key, column: 'mrr', before: null, after: null, difference: '0', causes: { late: '5', voided: '-5' } },
  ]);
});

test('rows of the same name are compared in their order', () => {
  const cells = changedCells(
    view,
    ['late'],
    [
      [row('1'), row('2')],
      [row('1'), row('4')],
    ],
  );
  assert.deepEqual(
    cells.map(({ before, after }) => [before, after]),
    [['2', '4']],
  );
});
