import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangedCell } from '@tidemark/clickhouse/attribution';
import { summed } from './difference.ts';

const cell = (
  key: ChangedCell['key'],
  column: string,
  difference: string,
  causes: ChangedCell['causes'],
): ChangedCell => ({ key, column, before: null, after: null, difference, causes });

test('cells are added up by period and column with their causes, earliest first', () => {
  const cells = [
    cell({ date: '2026-02-01', currency: 'USD' }, 'mrr', '1', { arrivals: '1' }),
    cell({ date: '2026-01-01', currency: 'USD' }, 'mrr', '-0.5', { sales: '-1', loyalty: '0.5' }),
    cell({ date: '2026-01-01', currency: 'EUR' }, 'mrr', '0.25', { sales: '0.75', loyalty: '-0.5' }),
    cell({ customer_id: '2026-01-01' }, 'health', '3', { sales: '3' }),
  ];
  assert.deepEqual(summed(cells), [
    { period: '', column: 'health', cells: 1, difference: '3', causes: { sales: '3' } },
    { period: '2026-01-01', column: 'mrr', cells: 2, difference: '-0.25', causes: { sales: '-0.25' } },
    { period: '2026-02-01', column: 'mrr', cells: 1, difference: '1', causes: { arrivals: '1' } },
  ]);
});
