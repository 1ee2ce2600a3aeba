import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, type Row, summed } from './difference.ts';

const columns = [
  { name: 'date', type: 'Date' },
  { name: 'currency', type: 'LowCardinality(String)' },
  { name: 'mrr', type: 'Decimal(38, 6)' },
  { name: 'rate', type: 'Nullable(Float64)' },
];
const row = (date: string, currency: string, mrr: string, rate: number | null = null): Row => ({
  date,
  currency,
  mrr,
  rate,
});

test('a cell that differs is named by what is no number in its row, with an exact difference', () => {
  const cells = cellsOf(columns, [row('2026-01-01', 'USD', '0.1')], [row('2026-01-01', 'USD', '100.300001')]);
  assert.deepEqual(cells, [
    {
      period: '2026-01-01',
      column: 'mrr',
      key: { date: '2026-01-01', currency: 'USD' },
      before: '0.1',
      after: '100.300001',
      difference: '100.200001',
    },
  ]);
});

test('a row that only one generation has differs in all of its cells, from nothing', () => {
  const gone = cellsOf(columns, [row('2026-01-01', 'EUR', '5', 0.5)], []);
  assert.deepEqual(
    gone.map(({ column, after, difference }) => [column, after, difference]),
    [
      ['mrr', null, '-5'],
      ['rate', null, '-0.5'],
    ],
  );
  const come = cellsOf(columns, [], [row('2026-01-01', 'EUR', '-5')]);
  assert.deepEqual(
    come.map(({ column, before, difference }) => [column, before, difference]),
    [
      ['mrr', null, '-5'],
      ['rate', null, '0'],
    ],
  );
});

test('rows of the same name are compared in their order', () => {
  const cells = cellsOf(
    columns,
    [row('2026-01-01', 'USD', '1'), row('2026-01-01', 'USD', '2')],
    [row('2026-01-01', 'USD', '1'), row('2026-01-01', 'USD', '4')],
  );
  assert.deepEqual(
    cells.map(({ before, after }) => [before, after]),
    [['2', '4']],
  );
});

test('cells are added up by period and column, earliest first', () => {
  const before = [row('2026-02-01', 'USD', '1'), row('2026-01-01', 'USD', '1.5')];
  const after = [
    row('2026-02-01', 'USD', '2'),
    row('2026-01-01', 'USD', '1'),
    row('2026-01-01', 'EUR', '0.25', 1),
  ];
  assert.deepEqual(summed(cellsOf(columns, before, after)), [
    { period: '2026-01-01', column: 'mrr', cells: 2, difference: '-0.25' },
    { period: '2026-01-01', column: 'rate', cells: 1, difference: '1' },
    { period: '2026-02-01', column: 'mrr', cells: 1, difference: '1' },
  ]);
});
