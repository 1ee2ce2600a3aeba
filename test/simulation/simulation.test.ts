import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantedFaults } from './planted.ts';
import { simulate } from './run.ts';

// `npm run simulate` runs any number of seeds, and finds every planted fault. This is the small form of it.

test('whatever is killed, cut off, moved or repeated, everything counts once; another run of a seed is the same', async () => {
  const first = await simulate(1);
  const other = await simulate(2);
  assert.deepEqual([...first.errors, ...other.errors], []);
  assert.notEqual(other.trace, first.trace);
  assert.deepEqual(await simulate(1), first);
});

test('a planted fault is found', async () => {
  const { errors } = await simulate(2, plantedFaults['token off']!.world);
  assert.notDeepEqual(errors, []);
});
