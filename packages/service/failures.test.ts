import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, isFailure } from './failures.ts';

test('a failure says what happened, what it means and what to do, and keeps its cause', () => {
  const cause = new Error('ECONNREFUSED');
  const failure = new Failure('kafka.unavailable', 'no answer from a:1', { cause });
  assert.match(failure.message, /no answer from a:1 \(kafka\.unavailable: Kafka is away.*\)/);
  assert.equal(failure.retry, 'backoff');
  assert.equal(failure.cause, cause);
  assert.ok(isFailure(failure) && isFailure(failure, 'kafka.unavailable'));
  assert.ok(!isFailure(failure, 'kafka.fenced') && !isFailure(cause));
});
