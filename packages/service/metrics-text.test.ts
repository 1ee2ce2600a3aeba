import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumOf } from './metrics-text.ts';

test('the series of one metric are summed, not those of another that begins alike', () => {
  const text = [
    '# HELP lag_records Records.',
    'lag_records{partition="0"} 3',
    'lag_records{partition="1"} 4',
    'lag_records_total 100',
    'lag_records 5',
  ].join('\n');
  assert.equal(sumOf(text, 'lag_records'), 12);
  assert.equal(sumOf(text, 'none'), 0);
});
