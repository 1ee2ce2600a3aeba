import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '@tidemark/service/failures';
import { decodePositions, encodePositions, type Positions, resumed } from './positions.ts';

const counted: Positions = new Map([
  ['cart', 7],
  ['purchase', 3],
]);
const standing = { partition: 1, groupId: 'tidemark', families: ['cart', 'purchase'] as const };

test('positions are read as they were written, and anything else is damage', () => {
  assert.deepEqual(decodePositions(encodePositions(counted)), counted);
  assert.throws(
    () => decodePositions(Buffer.from('junk')),
    (error) => isFailure(error, 'state.corrupt'),
  );
});

test('with nothing counted a task begins where its group stands, else at the first record', () => {
  const { starts, recovered } = resumed({
    ...standing,
    committed: new Map([['cart', 5]]),
    counted: undefined,
  });
  assert.deepEqual([...starts], [['cart', 5], ['purchase', 0]]); // prettier-ignore
  assert.deepEqual(recovered, []);
});

test('offsets that are forgotten, or were set back, are those of the state', () => {
  for (const committed of [
    new Map(),
    new Map([
      ['cart', 2],
      ['purchase', 0],
    ] as const),
  ]) {
    const { starts, recovered } = resumed({ ...standing, committed, counted });
    assert.deepEqual(starts, counted);
    assert.deepEqual(recovered, ['cart', 'purchase']);
  }
  assert.deepEqual(resumed({ ...standing, committed: counted, counted }).recovered, []);
});

test('a state that is behind the offsets has lost its end, and is refused', () => {
  const committed: Positions = new Map([
    ['cart', 8],
    ['purchase', 3],
  ]);
  assert.throws(
    () => resumed({ ...standing, committed, counted }),
    (error) =>
      isFailure(error, 'state.lost') &&
      /cart of partition 1 up to offset 8.*only what is before 7/.test(error.message),
  );
});
