import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure } from '@tidemark/service/failures';
import { cart, collector, places } from './collector.fixtures.ts';
import type { Outlet } from './collector-options.ts';
import { hashOf, readApiKeys } from './keys.ts';

test('limits: the body, the content type, the size of an event, the rate', async () => {
  const { post } = await collector({}, { requestsPerSecond: 3 });
  assert.equal((await post(Buffer.alloc(100_001, 0x20))).status, 413);
  assert.equal((await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
  assert.equal((await post(cart, { 'content-encoding': 'br' })).status, 415);
  const over = await post(cart);
  assert.equal(over.status, 429);
  assert.ok(Number(over.headers['retry-after']) >= 0);
});

test('the answer is 429 under back pressure, and 503 while Kafka is away or has not acknowledged, both with Retry-After', async () => {
  const failure = new Failure('kafka.unavailable', 'gone');
  const cases: [Partial<Outlet>, number][] = [
    [{ isFull: true }, 429],
    [{ unavailable: failure }, 503],
    [{ send: () => Promise.reject(failure) }, 503],
  ];
  for (const [outlet, status] of cases) {
    const { post } = await collector(outlet);
    const answer = await post(cart);
    assert.equal(answer.status, status);
    assert.equal(answer.headers['retry-after'], status === 503 || status === 429 ? '1' : undefined);
  }
});

test('a request has at most so many events, in any form, and is refused before they are parsed', async () => {
  const { post, records } = await collector({}, { bodyBytesMax: 6_000_000, itemsMax: 10_000 });
  const tiny = `[${'0,'.repeat(2_600_000)}0]`;
  const before = process.memoryUsage().rss;
  const answer = await post(tiny);
  assert.equal(answer.status, 413);
  assert.match(answer.message!, /more than 10000 events; send them in several requests/);
  assert.ok(process.memoryUsage().rss - before < 400_000_000, 'no object is made of an item');
  assert.equal((await post('x\n'.repeat(10_001), { 'content-type': 'application/x-ndjson' })).status, 413);
  const batch = { 'content-type': 'application/cloudevents-batch+json' };
  assert.equal((await post(tiny, batch)).status, 413);
  // Commas within one event, and within texts, do not count.
  const wide = { ...cart, ...Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`x${n}`, 0])) };
  assert.equal((await post(wide)).status, 202);
  const texts = [{ ...cart, a: '],"[,'.repeat(9_000), b: Array(20_000).fill(0), c: 'x\\"' }, cart];
  assert.equal((await post(texts)).accepted, 2);
  assert.equal(records.length, 3);
});

test('of many rejected events the first thousand are named and the rest counted', async () => {
  const { post, app } = await collector();
  const answer = await post([...Array(2_500).fill(0), cart]);
  assert.deepEqual([answer.status, answer.accepted], [202, 1]);
  assert.deepEqual([answer.rejected.length, answer.rejected_omitted], [1_000, 1_500]);
  const { text } = { text: (await app.inject('/metrics')).body };
  assert.match(text, /collector_events_total\{verdict="rejected"\} 2500/);
  assert.equal('rejected_omitted' in (await post([0, cart])), false);
});

test('a large body of bad lines lets other requests have their turn', async () => {
  const { post } = await collector();
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  const answer = post('x\n'.repeat(9_000), { 'content-type': 'application/x-ndjson' });
  setImmediate(count);
  assert.equal((await answer).status, 400);
  done = true;
  assert.ok(turns >= 40, `${turns} turns of others`);
});

test('gzip is read, up to the size of a plain body', async () => {
  const { post, records } = await collector();
  const gzip = { 'content-encoding': 'gzip' };
  assert.equal((await post(gzipSync(JSON.stringify([cart, cart])), gzip)).accepted, 2);
  const lines = { ...gzip, 'content-type': 'application/x-ndjson' };
  assert.equal((await post(gzipSync(`${JSON.stringify(cart)}\n`.repeat(3)), lines)).accepted, 3);
  const bomb = await post(gzipSync(Buffer.alloc(50_000_000, ' ')), gzip);
  assert.deepEqual([bomb.status, bomb.message], [413, 'The body is over 100000 bytes uncompressed; send the events in several requests.']); // prettier-ignore
  assert.equal((await post(JSON.stringify(cart), gzip)).status, 400);
  assert.equal((await post(gzipSync('[').subarray(0, 12), gzip)).status, 400);
  assert.equal((await post(gzipSync('[]'), { 'content-encoding': 'br' })).status, 415);
  assert.equal(records.length, 5);
});

test('a key has limits of its own, and its source may be bound', async () => {
  const limited = {
    name: 'limited',
    sha256: hashOf('limited'),
    requestsPerSecond: 1,
    bytesPerSecond: 200,
    source: 'shop',
  };
  const both = readApiKeys(JSON.stringify([limited, { name: 'all', sha256: hashOf('all') }]), false);
  const { post, events } = await collector({}, { keys: both });
  const key = { authorization: 'Bearer limited' };
  const forged = await post([cart, { ...cart, source: 'shop' }, { ...cart, source: 'billing' }], key);
  assert.equal(forged.accepted, 2);
  assert.deepEqual(places(forged), [[2, 'e1', '$.source']]);
  assert.deepEqual(
    events().map(({ source }) => source),
    ['shop', 'shop'],
  );
  const next = await post(cart, key);
  assert.deepEqual([next.status, next.headers['retry-after'] !== undefined], [429, true]);
  for (let times = 0; times < 5; times++) assert.equal((await post(cart)).status, 202, 'others go on');
});

test('an event of very many fields is judged like any other', async () => {
  const { post } = await collector({}, { bodyBytesMax: 6_000_000 });
  const many = Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [`x${n}`, 0]));
  assert.equal((await post({ ...cart, ...many })).status, 202);
  const strict = await post({ ...cart, ...many }, {}, '/v1/events?strict=true');
  assert.deepEqual([strict.status, places(strict)], [400, [[0, 'e1', '$.x0']]]);
});
