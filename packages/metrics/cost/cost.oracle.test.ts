import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bought, cost, started, view } from '../oracle/events.fixtures.ts';

test('a cost is spread over its days and sums to itself exactly', () => {
  const events = [cost('service', 10, '2026-05-30', '2026-06-01', { currency: 'JPY' })];
  assert.deepEqual(
    view('retention_cost_monthly', events, '2026-07-01', 'month currency retention_cost customers crc'),
    ['2026-05-01 JPY 6.666667 0 null', '2026-06-01 JPY 3.333333 0 null'],
  );
});

test('$600 spent on winning three customers is $200 each; a customer is won once, at the earlier', () => {
  const events = [
    cost('marketing', 40_000, '2026-05-01', '2026-05-31', { segment: 'smb' }),
    cost('sales', 20_000, '2026-05-01', '2026-05-01', { segment: 'smb' }),
    cost('service', 99_999, '2026-05-01', '2026-05-01', { segment: 'smb' }),
    bought('a', '2026-05-02', 100),
    started('a', '2026-06-02'),
    started('b', '2026-05-03'),
    started('d', '2026-05-04'),
  ];
  const columns = 'month segment acquisition_cost customers_acquired cac';
  assert.deepEqual(view('acquisition_monthly', events, '2026-07-01', columns), [
    '2026-05-01 smb 600.000000 3 200.000000',
  ]);
});
