import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import { onceReachable } from './retry.ts';

const log = createLog('test', 'silent');
const away = new Failure('kafka.unavailable', 'asking');

test('what Kafka’s absence prevented is done once it is there', async () => {
  let asked = 0;
  const answer = async (): Promise<number> => {
    if (++asked < 2) throw away;
    return 42;
  };
  const reasons: (string | undefined)[] = [];
  const { signal } = new AbortController();
  assert.equal(await onceReachable(answer, log, signal, (reason) => void reasons.push(reason)), 42);
  assert.deepEqual(reasons, ['Kafka does not answer yet: asking.', undefined]);
  assert.equal(asked, 2);
});

test('a failure that a retry cannot help is thrown at once', async () => {
  const missing = new Failure('kafka.topics', 'no topics');
  const asking = onceReachable(() => Promise.reject(missing), log, new AbortController().signal);
  await assert.rejects(asking, { code: 'kafka.topics' });
});

test('the wait ends at once when its signal is aborted', async () => {
  const ending = new AbortController();
  const asking = onceReachable(() => Promise.reject(away), log, ending.signal);
  ending.abort(new Error('ended'));
  await assert.rejects(asking, /ended/);
});
