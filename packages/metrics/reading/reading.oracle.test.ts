import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent, Json } from '../oracle/base.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';

test('readings: open and close by the order of events', () => {
  const read = (id: string, at: string, value: number, fields: Record<string, Json> = {}): ContractEvent =>
    eventAt('reading.observed', at, { name: 'stock_price', reading_id: id, value, ...fields });
  const events = [
    read('b', '2026-05-10T12', 7),
    read('a', '2026-05-10T09', 5),
    read('a', '2026-05-10T10', 99),
    read('d', '2026-05-10T13', 6.5),
    read('e', '2026-05-10T13', 1, { customer_id: 'c' }),
  ];
  assert.deepEqual(view('readings_daily', events, '2026-06-01', 'customer_id open high low close readings'), [
    ' 5 7 5 6.5 3',
    'c 1 1 1 1 1',
  ]);
});
