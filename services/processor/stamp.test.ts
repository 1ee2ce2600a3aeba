import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '@tidemark/service/failures';
import { assertOwn, decodeStamp, encodeStamp, partitionsNote, partitionsNoted, type Stamp } from './stamp.ts';

const own: Stamp = { format: 2, cluster: 'here', application: 'tidemark', partitions: 4 };
const where = { name: 'the store', wayOut: 'set STATE_DIR to another directory' };

test('a state that is ours, or has no stamp yet, is taken', () => {
  assertOwn(undefined, own, where);
  assertOwn(own, own, where);
  assertOwn({ ...own, format: 1 }, own, where);
});

test('a state of another processor is refused, with the difference and advice', () => {
  // the difference, the message
  const cases: readonly [Partial<Stamp>, RegExp][] = [
    [{ partitions: 2 }, /4 partitions and the state was made with 2.*give all topics 4 and count anew/],
    [{ application: 'other' }, /APPLICATION_ID=other.*set it back/],
    [{ cluster: 'there' }, /cluster there, this is here.*set STATE_DIR to another directory/],
    [{ format: 3 }, /form 3.*run the newer release/],
  ];
  for (const [difference, words] of cases)
    assert.throws(
      () => assertOwn({ ...own, ...difference }, own, where),
      (error) => isFailure(error, 'state.foreign') && error.retry === 'never' && words.test(error.message),
    );
});

test('a stamp and a note of the partitions are read as they were written', () => {
  assert.deepEqual(decodeStamp(encodeStamp(own)), own);
  assert.throws(
    () => decodeStamp(Buffer.from('junk')),
    (error) => isFailure(error, 'state.corrupt'),
  );
  assert.equal(partitionsNoted(partitionsNote(12)), 12);
  assert.equal(partitionsNoted(''), undefined);
});
