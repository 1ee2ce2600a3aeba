import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeStates, encodeStates } from './state-codec.ts';

test('states are read as they were written: bigints of any size, maps, and what is not there', () => {
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
  assert.deepEqual(decodeStates(encodeStates(states)), states);
});

test('states that are none are not read', () => {
  assert.equal(decodeStates(Buffer.from([0xc1])), undefined);
  assert.equal(decodeStates(encodeStates([1]).subarray(0, 0)), undefined);
});
