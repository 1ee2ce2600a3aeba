import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent, Json } from '../oracle/base.oracle.ts';
import { exactRate } from './rates.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';

// The reporting currency is USD.

const fx = (at: string, value: number, pair = 'EUR/USD', fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('reading.observed', at, { name: `fx:${pair}`, reading_id: `${pair} ${at}`, value, ...fields });
const bought = (id: string, at: string, amount: number, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('purchase.completed', at, {
    customer_id: 'a',
    purchase_id: id,
    amount,
    currency: 'EUR',
    kind: 'product',
    ...fields,
  });

test('a rate is the text of a number, to the 18th decimal', () => {
  assert.equal(exactRate(1.1), 1_100_000_000_000_000_000n);
  assert.equal(exactRate(0.0066), 6_600_000_000_000_000n);
  assert.equal(exactRate(1e-7), 100_000_000_000n);
  assert.equal(exactRate(1.5e21), 1_500_000_000_000_000_000_000n * 10n ** 18n);
  assert.equal(exactRate(1.5e-18), 1n);
});

test('the rate of a day is the last of the latest day with one, up to 7 days before', () => {
  const wrong = fx('2026-05-04T18', 9);
  const events = [
    fx('2026-05-01T09', 1),
    fx('2026-05-01T16', 1.1),
    fx('2026-05-04T16', 1.2),
    wrong,
    eventAt('reading.voided', '2026-05-05', { name: 'fx:EUR/USD', voids: wrong.event_id }),
    // Of these none is a rate of euros in dollars.
    fx('2026-05-03', 9, 'USD/EUR'),
    fx('2026-05-03', 9, 'EUR/GBP'),
    fx('2026-05-03', 9, 'USD/USD'),
    fx('2026-05-03T01', 9, 'EUR/USD', { customer_id: 'a' }),
    fx('2026-05-03T02', 0),
    fx('2026-05-03T03', -1),
  ];
  const expected = [
    ...['01', '02', '03'].map((day) => `2026-05-${day} EUR USD 1.1 2026-05-01`),
    ...['04', '05', '06', '07', '08', '09', '10', '11'].map((day) => `2026-05-${day} EUR USD 1.2 2026-05-04`),
  ];
  const columns = 'date currency reporting_currency rate read_on';
  assert.deepEqual(view('fx_rates_daily', events, '2026-06-01', columns), expected);
  assert.deepEqual(view('fx_rates_daily', events, '2026-05-06T12', columns), expected.slice(0, 6));
});

test('amounts of a day are converted per currency, rounded half to even once', () => {
  // 0.5 millionths of a dollar for a yen.
  const events = [
    fx('2026-05-01', 0.000_000_5, 'JPY/USD'),
    bought('1', '2026-05-01T01', 1, { currency: 'JPY' }),
    bought('2', '2026-05-02T01', 1, { currency: 'JPY' }),
    bought('3', '2026-05-02T02', 1, { currency: 'JPY' }),
    bought('4', '2026-05-03T02', 3, { currency: 'JPY' }),
    bought('5', '2026-05-04T02', 5, { currency: 'JPY' }),
  ];
  assert.deepEqual(view('sales_daily_reporting', events, '2026-06-01', 'date revenue'), [
    '2026-05-01 0.000000',
    '2026-05-02 0.000001',
    '2026-05-03 0.000002',
    '2026-05-04 0.000002',
  ]);
});

test('yen have no decimals, dinars three', () => {
  const events = [
    fx('2026-05-01', 0.0066, 'JPY/USD'),
    fx('2026-05-01', 3.25, 'KWD/USD'),
    bought('1', '2026-05-01T01', 5900, { currency: 'JPY' }),
    bought('2', '2026-05-02T01', 5900, { currency: 'KWD', customer_id: 'b' }),
    bought('3', '2026-05-02T02', 5900, { currency: 'USD' }),
  ];
  const columns = 'purchases revenue refunds net_revenue buyers first_time_buyers average_purchase_value';
  assert.deepEqual(view('sales_daily_reporting', events, '2026-06-01', `date ${columns}`), [
    '2026-05-01 1 38.940000 0.000000 38.940000 1 1 38.940000',
    '2026-05-02 2 78.175000 0.000000 78.175000 2 1 39.087500',
  ]);
});
