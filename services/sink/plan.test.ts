import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePlan, encodePlan, tokenOf } from './plan.ts';

const offset = fc.nat({ max: 2 ** 31 });
const range = fc
  .record({ partition: fc.nat(500), first: offset, length: fc.nat(10_000) })
  .map(({ partition, first, length }) => ({ partition, first, last: first + length }));

test('a plan is read back as it was committed', () => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1 }), (plan) => {
      assert.deepEqual(decodePlan(encodePlan(plan)), plan);
    }),
  );
});

test('without metadata there is no plan; metadata that is no plan is an error', () => {
  assert.equal(decodePlan(null), undefined);
  assert.equal(decodePlan(''), undefined);
  for (const wrong of [
    'plan1',
    'plan2 0:1-2',
    'plan1 0:2-1',
    'plan1 0:1',
    'plan1  0:1-2',
    'x',
    'plan1 0:1-1e9',
  ])
    assert.throws(() => decodePlan(wrong), /is no plan of this sink/, wrong);
});

test('a token names the records, their place and their kind', () => {
  const plan = [{ partition: 0, first: 1, last: 2 }];
  const values = [Buffer.from('ab'), Buffer.from('c')];
  const token = tokenOf('facts', plan, 'sale', values);
  assert.equal(
    token,
    tokenOf(
      'facts',
      plan,
      'sale',
      values.map((value) => Buffer.from(value)),
    ),
  );
  const others = [
    tokenOf('other', plan, 'sale', values),
    tokenOf('facts', plan, 'refund', values),
    tokenOf('facts', [{ partition: 1, first: 1, last: 2 }], 'sale', values),
    tokenOf('facts', [{ partition: 0, first: 1, last: 3 }], 'sale', values),
    tokenOf('facts', plan, 'sale', [Buffer.from('abd')]),
  ];
  assert.equal(new Set([token, ...others]).size, 6);
});
