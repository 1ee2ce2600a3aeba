import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateCodec } from './state-codec.ts';

const states = [
  {
    mrr: 5n,
    debt: -(2n ** 80n),
    at: 1795978946724,
    gone: undefined,
    none: null,
    rate: 0.1,
    ever: -Infinity,
  },
  { purchases: [new Map([['p1', { left: 0n }]]), new Map()], ids: new Map([['', true]]) },
  'unheard',
];

/** A codec as it is after a restart. */
function again(codec: StateCodec): StateCodec {
  return new StateCodec(codec.takeGrown()[0]?.value ?? undefined);
}

test('states are read as they were written: bigints of any size, maps, and what is not there', () => {
  const codec = new StateCodec(undefined);
  const bytes = codec.encode(states).slice();
  assert.deepEqual(codec.decode(bytes), states);
  assert.deepEqual(again(codec).decode(bytes), states);
});

test('names of fields are stored once, and the list of them only when it has grown', () => {
  const codec = new StateCodec(undefined);
  codec.encode([{ customer_id: 'a' }]);
  assert.equal(codec.takeGrown().length, 1);
  const bytes = Buffer.from(codec.encode([{ customer_id: 'b' }]));
  assert.equal(bytes.includes('customer_id'), false);
  assert.deepEqual(codec.takeGrown(), []);
});

test('states of more shapes than a list has are read as they were written', () => {
  const codec = new StateCodec(undefined);
  const many = Array.from({ length: 600 }, (_, index) => ({
    [`field ${index}`]: { [`in ${index}`]: index },
  }));
  const bytes = many.map((one) => codec.encode([one, one]).slice());
  const restarted = again(codec);
  for (const [index, one] of many.entries()) {
    assert.deepEqual(codec.decode(bytes[index]!), [one, one]);
    assert.deepEqual(restarted.decode(bytes[index]!), [one, one]);
  }
});

test('states are not read with another list than that they were written with', () => {
  const codec = new StateCodec(undefined);
  const bytes = codec.encode([{ one: 1 }]).slice();
  const other = new StateCodec(undefined);
  assert.equal(other.decode(bytes), undefined);
  other.encode([{ two: 2 }]);
  assert.equal(other.decode(bytes), undefined);
});

test('states that are none are not read', () => {
  const codec = new StateCodec(undefined);
  assert.equal(codec.decode(Buffer.from([0xc1])), undefined);
  const bytes = codec.encode([{ a: 'text' }]).slice();
  assert.equal(codec.decode(bytes.subarray(0, 0)), undefined);
  assert.equal(codec.decode(bytes.subarray(0, -1)), undefined);
});

test('a list that is damaged is not taken for another one', () => {
  assert.throws(() => new StateCodec(Buffer.from('[[')), { name: 'StateError', fault: 'damaged' });
});
