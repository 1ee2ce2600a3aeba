import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionMs } from '@tidemark/events/families';
import { encodeEvent } from '@tidemark/events/codec';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { hopHeader, receivedAtHeader, takeIn, type Intake } from './intake.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const now = Date.UTC(2026, 10, 1);

function cartEvent(occurredAt: number, changes: object = {}): Event {
  const posted = {
    type: 'cart.created',
    event_id: 'e1',
    cart_id: 'c1',
    value: 100,
    currency: 'USD',
    occurred_at: occurredAt,
  };
  const verdict = acceptJson(posted, { now: occurredAt, defaultSource: 'shop' });
  assert(verdict.ok);
  return { ...verdict.event, ...changes } as Event;
}

function recordOf(value: Buffer | null, timestamp: number, hop?: string, receivedAt?: string): KafkaRecord {
  const headers = {
    ...(hop === undefined ? {} : { [hopHeader]: Buffer.from(hop) }),
    ...(receivedAt === undefined ? {} : { [receivedAtHeader]: Buffer.from(receivedAt) }),
  };
  return { offset: 7, timestamp, key: null, value, headers };
}

/** The outcome in few words. */
function judged(event: Event, timestamp: number, hop?: string, receivedAt?: string): string {
  const intake: Intake = takeIn('cart', recordOf(encodeEvent(event), timestamp, hop, receivedAt), 0, 1);
  if (intake.outcome === 'dead-letter')
    return `${intake.deadLetter.reason} ${intake.deadLetter.path} ${intake.hop}`;
  return `${intake.outcome} ${intake.received.hop} ${intake.received.receivedAt - now}`;
}

test('a good event is taken at the time of its record', () => {
  assert.equal(judged(cartEvent(now), now), 'event first 0');
});

test('an event is handed on with its entity key and with the bytes it came in', () => {
  const bytes = encodeEvent(cartEvent(now));
  const intake = takeIn('cart', recordOf(bytes, now), 0, 1);
  assert(intake.outcome === 'event');
  assert.deepEqual([intake.received.family, intake.received.key], ['cart', 'c1']);
  assert.equal(intake.received.bytes, bytes);
});

test('an event of somebody who was forgotten is a dead letter, whatever else is wrong with it', () => {
  const taken = (event: Event): string => {
    const intake = takeIn('cart', recordOf(encodeEvent(event), now), 0, 1, undefined, false, () => true);
    return intake.outcome === 'dead-letter' ? intake.deadLetter.reason : intake.outcome;
  };
  assert.deepEqual([taken(cartEvent(now)), taken(cartEvent(now - 401 * day))], ['forgotten', 'forgotten']);
});

test('another retention judges how old an event may be (rule 30)', () => {
  const old = cartEvent(now - 401 * day);
  const taken = (cart: number | undefined): string =>
    takeIn('cart', recordOf(encodeEvent(old), now), 0, 1, { ...retentionMs, cart }).outcome;
  assert.deepEqual([taken(400 * day), taken(402 * day), taken(undefined)], ['dead-letter', 'event', 'event']);
});

test('a dead letter has the source, and the event time only where it is too late and nothing else', () => {
  const deadLetter = (event: Event) => {
    const intake = takeIn('cart', recordOf(encodeEvent(event), now), 0, 1);
    assert(intake.outcome === 'dead-letter');
    const { deadLetter: letter, receivedAt, occurredAt } = intake;
    return [letter.family, letter.source, letter.reason, receivedAt, occurredAt];
  };
  const old = now - 401 * day;
  assert.deepEqual(deadLetter(cartEvent(old)), ['cart', 'shop', 'too-late', now, old]);
  assert.deepEqual(deadLetter(cartEvent(now, { value: -5 })), ['cart', 'shop', 'invalid', now, undefined]);
});

test('headers that are not the pipeline’s own count for nothing', () => {
  assert.equal(judged(cartEvent(now), now, 'stray'), 'event first 0', 'no time of receipt');
  assert.equal(judged(cartEvent(now), now, 'stray', 'yesterday'), 'event first 0');
  assert.equal(judged(cartEvent(now), now, 'elsewhere', String(now - 5)), 'event first 0');
});

test('a stray keeps the time of its first receipt, and is judged by it (rule 30)', () => {
  const late = cartEvent(now - 400 * day);
  assert.equal(judged(late, now + minute, 'stray', String(now)), 'event stray 0');
  assert.equal(judged(late, now + minute), 'too-late $.occurred_at first');
});

test('no way in spares an event the validation', () => {
  const worthless = cartEvent(now, { value: -5 });
  for (const hop of ['stray', 'derived', 'again'])
    assert.equal(judged(worthless, now, hop, String(now)), `invalid $.value ${hop}`);
});

test('an event of more than 64 KiB is set aside before it is read (rule 50)', () => {
  const value = Buffer.concat([encodeEvent(cartEvent(now)), Buffer.alloc(65_536)]);
  const intake = takeIn('cart', recordOf(value, now), 0, 1);
  assert(intake.outcome === 'dead-letter');
  assert.deepEqual([intake.deadLetter.reason, intake.deadLetter.path], ['invalid', '$']);
  assert.match(intake.deadLetter.message, /at most 65536 are taken/);
});

test('a checkout follows from a purchase however old the purchase is', () => {
  const checkout = cartEvent(now - 900 * day, { type: 'cart.checked_out', derived_from: 'purchase' });
  assert.equal(judged(checkout, now, 'derived', String(now)), 'event derived 0');
});

test('nobody but the pipeline derives events', () => {
  const checkout = cartEvent(now, { type: 'cart.checked_out', derived_from: 'purchase' });
  assert.equal(judged(checkout, now), 'invalid $.derived_from first');
});

test('re-published, what was ahead of the clock is taken once it is past; what was too late stays too late', () => {
  const ahead = cartEvent(now + 10 * minute);
  const received = String(now);
  assert.equal(judged(ahead, now), 'invalid $.occurred_at first');
  assert.equal(judged(ahead, now + minute, 'again', received), 'invalid $.occurred_at again');
  assert.equal(judged(ahead, now + 10 * minute, 'again', received), 'event again 0');
  const old = cartEvent(now - 400 * day - 1);
  assert.equal(judged(old, now + minute, 'again', received), 'too-late $.occurred_at again');
});

test('re-published long after its receipt, an event is no later than it was (rule 30)', () => {
  assert.equal(judged(cartEvent(now), now + 401 * day, 'again', String(now)), 'event again 0');
});

test('in a topic that a recount fills, a record keeps its first receipt, and one of the history is taken as it is', () => {
  const take = (event: Event, hop: string, isRecount: boolean): string => {
    const record = recordOf(encodeEvent(event), now, hop, String(now - 5));
    const intake = takeIn('cart', record, 0, 1, undefined, isRecount);
    if (intake.outcome === 'dead-letter') return intake.deadLetter.reason;
    return `${intake.outcome} ${intake.received.hop} ${intake.received.receivedAt - now}`;
  };
  const old = cartEvent(now - 401 * day);
  assert.equal(take(cartEvent(now), 'fed', true), 'event first -5');
  assert.equal(take(old, 'fed', true), 'too-late');
  assert.equal(take(old, 'recounted', true), 'event recounted -5');
  assert.equal(take(old, 'recounted', false), 'too-late', 'a client cannot say so');
});
