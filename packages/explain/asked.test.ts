import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSame } from './answer.ts';
import { cellAsked, pairsOf, WrongQuestion } from './asked.ts';

test('a period is the month, the day or the hour that the view has', () => {
  const keyOf = (view: string, column: string, period: string, ...key: string[]) =>
    cellAsked(view, column, period, key).key;
  assert.deepEqual(keyOf('churn_monthly', 'customers_lost', '2026-10'), { month: '2026-10-01' });
  assert.deepEqual(keyOf('churn_daily', 'customers_lost', '2026-10-05'), { date: '2026-10-05' });
  assert.deepEqual(keyOf('cart_outcomes_hourly', 'created', '2026-10-05T14'), {
    hour: '2026-10-05 14:00:00.000',
  });
});

test('the other columns of the key are named, and may be empty or have an equals sign', () => {
  const key = ['owner=a=b'];
  assert.equal(cellAsked('churn_by_owner_monthly', 'customers_new', '2026-10', key).key['owner'], 'a=b');
  assert.equal(cellAsked('churn_by_owner_monthly', 'customers_new', '2026-10', ['owner=']).key['owner'], '');
});

test('a view without periods is given none', () => {
  assert.throws(
    () => cellAsked('customer_value', 'mrr', '2026-10', ['customer_id=a', 'currency=EUR']),
    (error) => error instanceof WrongQuestion && error.field === 'period',
  );
});

test('a pair without a name is refused', () => {
  assert.deepEqual(pairsOf(['customer_id=a=b']), { customer_id: 'a=b' });
  assert.throws(() => pairsOf(['=a']), WrongQuestion);
});

test('decimals are the same exactly, floats up to the order in which they were added up', () => {
  assert.equal(isSame('Decimal(38, 6)', '1.000001', '1.000002'), false);
  assert.equal(isSame('Nullable(Float64)', '0.30000000000000004', '0.3'), true);
  assert.equal(isSame('Nullable(Float64)', '0.31', '0.3'), false);
  assert.equal(isSame('Nullable(Float64)', null, '0'), false);
});
