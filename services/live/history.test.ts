import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { daysOf, grainOf, spanOf } from './history.ts';
import { movementsQuery } from './history-details.ts';
import { readCustomersOf, readDay, readNumber, readSpan, WrongInput } from './history-input.ts';

const refused = (work: () => unknown, field: string): void => {
  assert.throws(work, (error) => error instanceof WrongInput && error.field === field);
};

test('the period before is as long and ends right before', () => {
  assert.deepEqual(spanOf('2026-03-01', '2026-03-31'), {
    before: '2026-01-29',
    before_to: '2026-02-28',
    from: '2026-03-01',
    to: '2026-03-31',
  });
  assert.equal(spanOf('2026-03-01', '2026-03-01').before, '2026-02-28');
});

test('the period before is as long, whatever the period', () => {
  const day = fc
    .integer({ min: 0, max: 60_000 })
    .map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10));
  fc.assert(
    fc.property(day, day, (a, b) => {
      const [from, to] = a < b ? [a, b] : [b, a];
      const { before } = spanOf(from, to);
      assert.equal(daysOf({ from: before, to: from }) - 1, daysOf({ from, to }));
    }),
  );
});

test('a period of choice is compared with, as long, unless it reaches into the one shown', () => {
  const march = { from: '2026-03-01', to: '2026-03-31' };
  const { before, before_to: end } = readSpan({ ...march, against: '2025-03-01' });
  assert.deepEqual([before, end], ['2025-03-01', '2025-03-31']);
  assert.equal(readSpan({ ...march, against: '2026-01-29' }).before_to, '2026-02-28');
  refused(() => readSpan({ ...march, against: '2026-01-30' }), 'against');
  refused(() => readSpan({ ...march, against: 'last year' }), 'against');
});

test('charts have at most some fifty periods', () => {
  const grain = (from: string, to: string): string => grainOf(spanOf(from, to));
  assert.equal(grain('2026-05-01', '2026-07-01'), 'day', '62 days');
  assert.equal(grain('2026-05-01', '2026-07-02'), 'week', '63 days');
  assert.equal(grain('2024-01-01', '2024-12-31'), 'week', 'a leap year');
  assert.equal(grain('2024-01-01', '2025-01-01'), 'month');
});

test('values of a request are passed as parameters', () => {
  const asked = {
    from: '2026-05-01',
    to: '2026-05-01',
    zone: 'Europe/Berlin',
    currency: 'EUR',
    movement: 'churn',
  };
  const { query, query_params } = movementsQuery(asked, 100, 0);
  for (const value of Object.values(asked)) assert.ok(!query.includes(value));
  assert.deepEqual(query_params, { ...asked, limit: 100, offset: 0 });
});

test('days that do not exist, lie in another order or too far apart are refused', () => {
  assert.equal(readDay({ from: '2024-02-29' }, 'from'), '2024-02-29');
  for (const from of [
    undefined,
    '',
    '2026-02-29',
    '2026-13-01',
    '26-01-01',
    '2026-01-01T00:00',
    '1979-12-31',
  ])
    refused(() => readDay({ from }, 'from'), 'from');
  refused(() => readSpan({ from: '2026-05-02', to: '2026-05-01' }), 'to');
  refused(() => readSpan({ from: '2020-01-01', to: '2026-05-01' }), 'to');
});

test('numbers have limits', () => {
  const limits = { min: 1, max: 500, fallback: 100 };
  assert.equal(readNumber({}, 'limit', limits), 100);
  assert.equal(readNumber({ limit: '500' }, 'limit', limits), 500);
  for (const limit of ['0', '501', '-1', '1e3', '1.5', ''])
    refused(() => readNumber({ limit }, 'limit', limits), 'limit');
});

test('churn is that of an owner or of a segment, none included, and never of both', () => {
  assert.equal(readCustomersOf({}), undefined);
  assert.deepEqual(readCustomersOf({ owner: '' }), { attribute: 'owner', value: '' });
  assert.deepEqual(readCustomersOf({ segment: 'smb' }), { attribute: 'segment', value: 'smb' });
  refused(() => readCustomersOf({ owner: 'ada', segment: 'smb' }), 'segment');
  refused(() => readCustomersOf({ owner: 'a'.repeat(257) }), 'owner');
});
