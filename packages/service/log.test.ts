import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Failure } from './failures.ts';
import { stackOnce } from './log.ts';

test('an error has its stack the first time, and one line after that', () => {
  const lines: Record<string, Record<string, unknown>>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const log = pino({ serializers: { err: stackOnce() } }, { write });
  const away = (port: number): Failure =>
    new Failure('kafka.unavailable', `publishing: connect ECONNREFUSED 127.0.0.1:${port}`, {
      cause: new Error('x'),
    });
  log.warn({ err: away(1) }, 'Trying again.');
  log.child({ partition: 1 }).warn({ err: away(2) }, 'Trying again.');
  log.warn({ err: new Error('another') }, 'Trying again.');
  const [first, again, other] = lines.map(({ err }) => err!);
  assert.match(String(first!['stack']), /log\.test\.ts/);
  assert.equal(again!['stack'], undefined);
  assert.match(String(again!['message']), /ECONNREFUSED 127\.0\.0\.1:2/);
  assert.equal(again!['code'], 'kafka.unavailable');
  assert.match(String(other!['stack']), /log\.test\.ts/);
});
