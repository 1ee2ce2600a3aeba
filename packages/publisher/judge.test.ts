import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent } from '@tidemark/events/codec';
import { retentionMs } from '@tidemark/events/families';
import { judged } from './judge.ts';
import type { NewEvent } from './publisher.ts';

const now = Date.UTC(2026, 10, 1);
const started = { event_id: 'e', type: 'subscription.started', occurred_at: new Date(now), customer_id: 'c', subscription_id: 's', plan_id: 'p', interval: 'month', unit_amount: 1, currency: 'USD' } as const; // prettier-ignore

function fault(event: NewEvent): { path: string; message: string } {
  const verdict = judged(event, { now, defaultSource: 'test' });
  assert.ok('path' in verdict);
  return verdict;
}

test('an integer that looks like seconds is refused, a Date of 1970 is not (rule 49)', () => {
  const { path, message } = fault({ ...started, occurred_at: 1_735_689_600 });
  assert.equal(path, '$.occurred_at');
  assert.match(message, /not 1735689600, which looks like seconds: multiply it by 1000/);
  const verdict = judged({ ...started, occurred_at: new Date(5) }, { now, defaultSource: 'test' });
  assert.ok('value' in verdict);
  const decoded = decodeEvent('subscription', verdict.value);
  assert.equal(decoded.ok && decoded.event.occurred_at, 5);
  assert.match(fault({ ...started, occurred_at: new Date(-1) }).message, /before 1970/);
  assert.equal(fault({ ...started, occurred_at: new Date(Number.NaN) }).path, '$.occurred_at');
});

test('a text that is too long, and an event that is too large, are refused (rule 50)', () => {
  const { path, message } = fault({ ...started, owner: 'x'.repeat(257) });
  assert.equal(path, '$.owner');
  assert.match(message, /at most 256 characters/);
  const survey = { event_id: 'e', type: 'survey.answered', occurred_at: new Date(now), response_id: 'r', instrument: 'feedback' } as const; // prettier-ignore
  const large = fault({
    ...survey,
    comment: '😀'.repeat(8_192),
    themes: Array.from({ length: 50 }, () => '😀'.repeat(256)),
  });
  assert.equal(large.path, '$');
  assert.match(large.message, /at most 65536 are taken; shorten its texts/);
});

test('with another retention the past of a family is published (rule 30)', () => {
  const old = { event_id: 'e', type: 'mention.observed', occurred_at: now - 800 * 86_400_000, mention_id: 'm', channel: 'x', sentiment: 'positive' } as const; // prettier-ignore
  assert.match(fault(old).message, /400 days/);
  const retention = { ...retentionMs, mention: 900 * 86_400_000 };
  assert.ok('value' in judged(old, { now, defaultSource: 'test', retention }));
});
