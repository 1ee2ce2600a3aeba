import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSieve, describeLogLine, parseLogLine } from './log-lines.ts';

test('a line of a service’s log becomes a line for a person', () => {
  const err = { type: 'Failure', message: 'connect ECONNREFUSED\nat x', stack: '…' };
  const entry = {
    level: 40,
    time: 'now',
    service: 'sink',
    err,
    attempt: 3,
    plan: { a: 1 },
    msg: 'Trying again.',
  };
  const line = parseLogLine(JSON.stringify(entry));
  assert.ok(line);
  assert.equal(line.level, 40);
  assert.equal(describeLogLine('sink', line), 'sink: Trying again. (connect ECONNREFUSED, attempt 3)');
});

test('a line that is no log entry gives nothing', () => {
  for (const line of ['', 'Error: x', '{"level":30,"msg"', '{"level":"info","msg":"x"}', '[1]'])
    assert.equal(parseLogLine(line), undefined, line);
});

test('the same message of a service is shown once in half a minute', () => {
  let now = 0;
  const sieve = createSieve(() => now);
  assert.equal(sieve('sink', 'Away.'), true);
  assert.equal(sieve('sink', 'Away.'), false);
  assert.equal(sieve('live', 'Away.'), true);
  now = 30_000;
  assert.equal(sieve('sink', 'Away.'), true);
});
