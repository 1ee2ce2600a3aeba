import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical, compareRows } from './compare.oracle.ts';

const key = ['date', 'currency'];

test('what a client reads becomes canonical by what is expected: decimals, integers, instants', () => {
  const expected = {
    mrr: '5.900000',
    customers: 3,
    hour: '2026-05-10T10:00:00.000Z',
    date: '2026-05-10',
    customer_id: '007',
    arpa: null,
  };
  const read = {
    mrr: '5.9',
    customers: '3',
    hour: '2026-05-10 10:00:00',
    date: '2026-05-10',
    customer_id: '007',
    arpa: null,
  };
  assert.deepEqual(canonical(read, expected), expected);
  assert.deepEqual(
    canonical(
      { mrr: 5.9, net: '-0.0', occurred_at: '2026-05-10T10:00:00.123Z' },
      { mrr: '1.000000', net: '1.000000', occurred_at: '' },
    ),
    { mrr: '5.900000', net: '0.000000', occurred_at: '2026-05-10T10:00:00.123Z' },
  );
  assert.deepEqual(canonical({ received: 3, hour: '2026-05-10T10:00:00Z' }), {
    received: 3,
    hour: '2026-05-10T10:00:00.000Z',
  });
});

test('the same rows in another order, with columns besides, are the same', () => {
  const expected = [
    { date: '2026-05-10', currency: 'USD', mrr: '1.000000', churn_rate: 0.1 },
    { date: '2026-05-11', currency: 'USD', mrr: '2.000000', churn_rate: null },
  ];
  const actual = [
    { date: '2026-05-11', currency: 'USD', mrr: '2', churn_rate: null, more: 1 },
    { date: '2026-05-10', currency: 'USD', mrr: '1', churn_rate: 0.1 + 1e-12 },
  ];
  assert.equal(compareRows(expected, actual, { key }), '');
});

test('a difference names row, column and both values; at most ten are shown', () => {
  const expected = [{ date: '2026-05-10', currency: 'USD', mrr: '1.000000' }];
  const actual = [
    { date: '2026-05-10', currency: 'USD', mrr: '1.000001' },
    { date: '2026-05-12', currency: 'USD', mrr: '3' },
  ];
  assert.equal(
    compareRows(expected, actual, { key }),
    '2 mismatches\n' +
      'date=2026-05-10 currency=USD: mrr should be "1.000000", is "1.000001"\n' +
      'unexpected: date="2026-05-12" currency="USD" mrr="3"',
  );
  const many = Array.from({ length: 13 }, (_, i) => ({ date: `d${i}`, currency: 'USD' }));
  assert.equal(compareRows(many, [], { key }).split('\n').length, 12);
  assert.match(compareRows([], [...many, ...many.slice(0, 1)], { key }), /^14 mismatches\ntwice: date=d0/);
});
