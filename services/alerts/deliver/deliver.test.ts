import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Receiver } from '../receivers/receiver.ts';
import { isPublic } from './addresses.ts';
import { at, notificationOf, receiverWith, send, serve, webhook } from './delivery.fixtures.ts';
import { afterAttempt, deliveriesOf, due, requeued, type Delivery } from './outbox.ts';

const minute = 60_000;

test('a delivery is retried after 500, 429 and no answer, and refused after 400 and redirects', async () => {
  const answer = (status: number, headers: Record<string, string> = {}) =>
    serve((_request, response) => response.writeHead(status, headers).end('why'));
  const failing = await answer(500);
  assert.deepEqual(await send(webhook(failing.url)), {
    status: 'retry',
    reason: 'the receiver answered 500: why',
  });
  const busy = await answer(429, { 'retry-after': '7' });
  assert.deepEqual(await send(webhook(busy.url)), {
    status: 'retry',
    reason: 'the receiver answered 429: why',
    afterMs: 7_000,
  });
  const strict = await answer(400);
  assert.deepEqual(await send(webhook(strict.url)), {
    status: 'refused',
    reason: 'the receiver answered 400: why',
  });
  const target = await serve();
  const moved = await answer(302, { location: target.url });
  assert.equal((await send(webhook(moved.url))).status, 'refused');
  assert.equal(target.got.length, 0, 'redirects are not followed');
  const hanging = await serve(() => undefined);
  assert.equal((await send(webhook(hanging.url))).status, 'retry');
  const gone = await send(webhook('http://127.0.0.1:1/'));
  assert.equal(gone.status, 'retry');
});

test('private addresses are refused, by number and by name, unless allowed', async () => {
  const { url, got } = await serve();
  for (const one of [
    url,
    url.replace('127.0.0.1', 'localhost'),
    'http://[::1]:9/',
    'http://169.254.169.254/latest',
  ])
    assert.equal((await send(webhook(one), 'firing', { allowPrivate: false })).status, 'refused', one);
  assert.equal(got.length, 0);
  const mail = { kind: 'email', smtp: 'smtp://127.0.0.1:9', from: 'a@example.com', to: ['b@example.com'] };
  assert.equal((await send(receiverWith(mail), 'firing', { allowPrivate: false })).status, 'refused');
  for (const one of [
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '2002:a00:1::',
    'name',
  ])
    assert.equal(isPublic(one), false, one);
  for (const one of ['93.184.216.34', '172.32.0.1', '2606:4700::1111'])
    assert.equal(isPublic(one), true, one);
});

test('attempts back off, partly at random, until the delivery is a dead letter; a command requeues it', () => {
  let delivery: Delivery | undefined = deliveriesOf(
    notificationOf('firing'),
    [webhook('https://x.example')],
    at,
  )[0]!;
  let now = at;
  const waits: number[] = [];
  while (delivery?.status === 'waiting') {
    const before = now;
    now = delivery.nextAt;
    if (now > before) waits.push(now - before);
    delivery = afterAttempt(delivery, { status: 'retry', reason: 'answered 500' }, now, 0.5, 60 * minute);
  }
  assert.deepEqual(waits.slice(0, 4), [1_500, 3_000, 6_000, 12_000]);
  assert.ok(Math.max(...waits) <= 15 * minute);
  assert.equal(delivery?.status, 'dead');
  assert.equal(delivery.lastReason, 'answered 500');
  assert.ok(now - at <= 60 * minute);
  const again = requeued(delivery, now);
  assert.deepEqual(due([again], now), [again]);
  assert.equal(afterAttempt(again, { status: 'delivered' }, now, 0, minute), undefined);
  assert.equal(afterAttempt(again, { status: 'refused', reason: 'no' }, now, 0, minute)?.status, 'dead');
  const asked = afterAttempt(again, { status: 'retry', reason: 'busy', afterMs: 9_000 }, now, 0, minute);
  assert.equal(asked?.nextAt, now + 9_000);
});

test('a receiver gets its oldest notification first; other receivers do not wait for it', () => {
  const [a, b] = [webhook('https://a.example'), { ...webhook('https://b.example'), name: 'b' }];
  const first = deliveriesOf(notificationOf('firing'), [a, b], at);
  const second = deliveriesOf(notificationOf('resolved', 2), [a, b], at);
  const late = { ...first[0]!, nextAt: at + minute };
  assert.deepEqual(due([...second, late, first[1]!], at), [first[1]]);
  assert.deepEqual(due([...second, first[1]!], at), [second[0], first[1]]);
  const tickets: Receiver = { ...a, severities: ['ticket'] };
  assert.deepEqual(deliveriesOf(notificationOf('firing'), [tickets], at), []);
});
