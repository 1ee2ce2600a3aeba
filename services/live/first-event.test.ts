import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptJson } from '@tidemark/events/validate';
import { firstEvent } from './first-event.ts';

const now = Date.parse('2026-05-10T12:00:00Z');

test('the first event is one that the collector takes, at the address that publishers have', () => {
  const { command } = firstEvent(new URL('http://127.0.0.1:9080'), now);
  assert.match(command, /^curl http:\/\/127\.0\.0\.1:9080\/v1\/events -H "Authorization: Bearer dev-key" /);
  const [, event = ''] = /-d '(.*)'$/.exec(command) ?? [];
  const verdict = acceptJson(JSON.parse(event), {
    now,
    defaultSource: 'test',
    strict: true,
    retention: undefined,
  });
  assert.ok(verdict.ok, JSON.stringify(verdict));
});

test('beyond this machine the key is a variable: a page shows none', () => {
  const { command, note } = firstEvent(new URL('https://events.example.com/'), now);
  assert.match(
    command,
    /^curl https:\/\/events\.example\.com\/v1\/events -H "Authorization: Bearer \$COLLECTOR_KEY"/,
  );
  assert.ok(!`${command} ${note}`.includes('dev-key'));
});
