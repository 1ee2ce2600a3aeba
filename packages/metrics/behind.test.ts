import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionsBehind } from './behind.ts';

test('a view is counted by the definitions of all facts that it reads, also through rollups and other views', () => {
  assert.deepEqual(definitionsBehind.get('cart_abandonment_daily'), ['cart-outcomes']);
  for (const name of ['contacts', 'recurring-revenue', 'surveys'])
    assert.ok(definitionsBehind.get('customer_health')?.includes(name), name);
});

test('every view has a definition behind it, except for those on the pipeline itself', () => {
  const without = [...definitionsBehind].filter(([, behind]) => behind.length === 0).map(([view]) => view);
  assert.deepEqual(without, ['ingest_audit_hourly', 'data_through']);
});
