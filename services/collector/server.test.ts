import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { decodeEvent } from '@tidemark/events/codec';
import type { Family } from '@tidemark/events/families';
import { Failure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { readSettings } from '@tidemark/service/settings';
import { tracingSettings } from '@tidemark/tracing/settings';
import { startTracing } from '@tidemark/tracing/tracing';
import { hashOf, readApiKeys } from './keys.ts';
import type { CollectorOptions, Outlet } from './collector-options.ts';
import { collectorServer } from './server.ts';

const now = Date.UTC(2026, 5, 1);
const time = new Date(now - 1000).toISOString();
const cart = {
  event_id: 'e1',
  type: 'cart.created',
  occurred_at: time,
  cart_id: 'c',
  value: 1,
  currency: 'USD',
};
const keys = readApiKeys(
  JSON.stringify([
    { name: 'all', sha256: hashOf('all') },
    { name: 'carts', sha256: hashOf('carts'), families: ['cart'] },
  ]),
  false,
);

type Answer = { status: number; accepted: number; rejected: { index: number; event_id: string | null; path: string; message: string }[]; rejected_omitted?: number; warnings?: Answer['rejected']; warnings_omitted?: number; message?: string; headers: Record<string, unknown> }; // prettier-ignore

/** A collector whose outlet keeps what it is given. */
async function collector(outlet: Partial<Outlet> = {}, options: Partial<CollectorOptions> = {}) {
  const records: EventRecord[] = [];
  const app = await collectorServer({
    outlet: {
      unavailable: undefined,
      isFull: false,
      bytes: 0,
      send: async (given) => void records.push(...given),
      ...outlet,
    },
    keys: options.keys ?? keys,
    host: options.host ?? '127.0.0.1',
    bodyBytesMax: options.bodyBytesMax ?? 100_000,
    itemsMax: options.itemsMax ?? 10_000,
    requestsPerSecond: options.requestsPerSecond ?? 0,
    bytesPerSecond: options.bytesPerSecond ?? 0,
    registry: new Registry(),
    log: createLog('test', 'silent'),
    tracing: options.tracing,
    now: () => now,
  });
  const post = async (
    body: unknown,
    headers: Record<string, string> = {},
    url = '/v1/events',
  ): Promise<Answer> => {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const all = { authorization: 'Bearer all', 'content-type': 'application/json', ...headers };
    const response = await app.inject({ method: 'POST', url, payload, headers: all });
    return {
      status: response.statusCode,
      headers: response.headers,
      ...(response.json() as object),
    } as Answer;
  };
  const events = () =>
    records.map(({ topic, value }) => {
      const decoded = decodeEvent(topic.split('.')[1] as Family, value);
      assert.ok(decoded.ok);
      return decoded.event;
    });
  return { app, post, records, events };
}

const places = (answer: Answer) =>
  answer.rejected.map(({ index, event_id, path }) => [index, event_id, path]);

test('one event, or an array of them, is accepted, with the name of the key as its source', async () => {
  const { post, events, records } = await collector();
  const single = await post(cart);
  assert.deepEqual([single.status, single.accepted, single.rejected], [202, 1, []]);
  assert.equal((await post([cart, { ...cart, event_id: 'e2', source: 'shop' }])).accepted, 2);
  assert.deepEqual(events().map((event) => event.source), ['all', 'all', 'shop']); // prettier-ignore
  assert.deepEqual(records[0]?.entityKey, 'c');
});

test('a bad event is named by its place, and does not block the good ones (rule 31)', async () => {
  const { post } = await collector();
  const answer = await post([
    cart,
    { ...cart, currency: 'usd' },
    5,
    { ...cart, event_id: 7 },
    cart,
    { event_id: 'x', type: 'cart.nothing' },
  ]);
  assert.equal(answer.status, 202);
  assert.equal(answer.accepted, 2);
  assert.deepEqual(places(answer), [[1, 'e1', '$.currency'], [2, null, '$'], [3, null, '$.event_id'], [5, 'x', '$.type']]); // prettier-ignore
  const all = await post({ ...cart, currency: 'usd', value: -1 });
  assert.equal(all.status, 400);
  assert.match(all.rejected[0]!.message, /Also wrong: \$\.(value|currency)\./);
});

test('NDJSON counts the lines that are not blank (rule 31)', async () => {
  const { post } = await collector();
  const lines = [
    JSON.stringify(cart),
    '',
    '  \r',
    'nonsense',
    Buffer.from([0xff]),
    JSON.stringify({ ...cart, value: '1' }),
    '[]',
  ];
  const body = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  const answer = await post(body, { 'content-type': 'application/x-ndjson; charset=utf-8' });
  assert.equal(answer.accepted, 1);
  assert.deepEqual(places(answer), [[1, null, '$'], [2, null, '$'], [3, 'e1', '$.value'], [4, null, '$']]); // prettier-ignore
});

test('the answer to a body that is no JSON, or empty, is 400', async () => {
  const { post } = await collector();
  for (const body of ['{', '', 'null', '[]', '5', '"x"', Buffer.from([0xc3, 0x28])]) {
    const answer = await post(body);
    assert.deepEqual(
      [answer.status, answer.accepted, places(answer)],
      [400, 0, [[0, null, '$']]],
      String(body),
    );
  }
  assert.equal((await post('x', { 'content-type': 'application/x-ndjson' })).status, 400);
});

test('an event that is too late is rejected, and published for the processor to make a dead letter of it', async () => {
  const { post, records } = await collector();
  const answer = await post([{ ...cart, occurred_at: now - 401 * 86_400_000 }]);
  assert.equal(answer.status, 400);
  assert.deepEqual(places(answer), [[0, 'e1', '$.occurred_at']]);
  assert.equal(records.length, 1);
});

test('CloudEvents come structured, in a batch and in headers (rule 36)', async () => {
  const { post, events } = await collector();
  const { cart_id, value, currency } = cart;
  const envelope = { specversion: '1.0', id: 'e1', type: 'cart.created', source: '/shop', time };
  const event = {
    ...envelope,
    data: { cart_id, value, currency, event_id: 'other', source: 'other' },
    sequence: '7',
  };
  const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
  assert.equal((await post(event, structured)).accepted, 1);
  const [first] = events();
  assert.deepEqual(
    [first?.event_id, first?.source, first?.sequence, first?.occurred_at],
    ['e1', '/shop', 7, now - 1000],
  );

  const without = (name: string) => ({ ...event, [name]: undefined });
  const bad = [
    without('time'),
    without('id'),
    without('data'),
    { ...event, specversion: '0.3' },
    5,
    { ...event, data: { cart_id, value } },
    { ...event, time: 'x' },
    { ...event, sequence: 'x' },
  ];
  const batch = await post(bad, { 'content-type': 'application/cloudevents-batch+json' });
  assert.deepEqual(places(batch), [[0, 'e1', '$.time'], [1, null, '$.id'], [2, 'e1', '$.data'], [3, 'e1', '$.specversion'], [4, null, '$'], [5, 'e1', '$.currency'], [6, 'e1', '$.time']]); // prettier-ignore
  assert.equal(batch.accepted, 1);
  const inData = { ...without('time'), data: { ...event.data, occurred_at: time } };
  const [misplaced] = (await post(inData, structured)).rejected;
  assert.match(misplaced!.message, /^time is missing.*the attribute time, not in data/);

  const headers = Object.fromEntries(Object.entries(envelope).map(([name, given]) => [`ce-${name}`, given]));
  const binary = await post(
    { cart_id, value, currency },
    { ...headers, 'ce-id': 'caf%C3%A9', 'ce-sequence': '3' },
  );
  assert.equal(binary.status, 202);
  assert.deepEqual([events().at(-1)?.event_id, events().at(-1)?.sequence], ['café', 3]);
});

test('without a key the answer is 401, with a key without the right 403 (rule 31)', async () => {
  const { post } = await collector();
  for (const authorization of ['', 'Bearer nothing', 'Basic all'])
    assert.equal((await post(cart, { authorization })).status, 401);
  const carts = { authorization: 'Bearer carts' };
  const purchase = {
    ...cart,
    type: 'purchase.completed',
    customer_id: 'c',
    purchase_id: 'p',
    amount: 1,
    kind: 'product',
  };
  assert.equal((await post(cart, carts)).status, 202);
  const refused = await post(purchase, carts);
  assert.deepEqual([refused.status, places(refused)], [403, [[0, 'e1', '$.type']]]);
  const mixed = await post([cart, purchase], carts);
  assert.deepEqual([mixed.status, mixed.accepted, places(mixed)], [202, 1, [[1, 'e1', '$.type']]]);
});

test('strict makes unknown fields errors', async () => {
  const { post } = await collector();
  assert.equal((await post({ ...cart, colour: 'red' })).status, 202);
  assert.deepEqual(places(await post({ ...cart, colour: 'red' }, {}, '/v1/events?strict=true')), [
    [0, 'e1', '$.colour'],
  ]);
});

test('a poisoned event is judged like any other, and the good ones beside it are taken', async () => {
  const { post } = await collector();
  const answer = await post(
    `[${JSON.stringify(cart)}, {"__proto__": ${JSON.stringify(cart)}, "constructor": {"prototype": 1}}]`,
  );
  assert.deepEqual([answer.accepted, places(answer)], [1, [[1, null, '$.type']]]);
});

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

test('any bytes in any form get an answer, never a 500', async () => {
  const { post } = await collector();
  const types = [
    'application/json',
    'application/x-ndjson',
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given)),
    fc.json().map((given) => Buffer.from(given)),
    fc.array(fc.json()).map((given) => Buffer.from(`[${given.join(',')}]`)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...types), async (body, type) => {
      const answer = await post(body, { 'content-type': type });
      assert.ok(answer.status === 400 || answer.status === 202);
      assert.ok(answer.rejected.every(({ path, message }) => path.startsWith('$') && message !== ''));
    }),
  );
});

test('the operator’s pages answer without a key', async () => {
  const { app } = await collector();
  assert.equal((await app.inject('/health')).statusCode, 200);
  assert.equal((await app.inject('/ready')).statusCode, 200);
  assert.match((await app.inject('/metrics')).body, /tidemark_collector_events_total/);
  const document = (await app.inject('/openapi.json')).json() as {
    components: { schemas: Record<string, { required?: string[] }> };
  };
  assert.ok(document.components.schemas['cart_created']?.required?.includes('currency'));
  assert.equal((await app.inject('/nothing')).statusCode, 404);
  const away = await collector({ unavailable: new Failure('kafka.unavailable', 'gone') });
  assert.equal((await away.app.inject('/ready')).statusCode, 503);
});

test('a Confluent client finds the schemas, and registers only what is there', async () => {
  const { app } = await collector();
  const get = async (url: string) => (await app.inject(url)).json() as Record<string, unknown>;
  const latest = await get('/subjects/events.cart-value/versions/latest');
  assert.deepEqual([latest['subject'], latest['id']], ['events.cart-value', 3]);
  assert.equal((await get('/schemas/ids/3'))['schema'], latest['schema']);
  assert.deepEqual(await get('/subjects/events.cart-value/versions'), [1]);
  assert.equal((await get('/subjects/nothing/versions'))['error_code'], 40401);
  assert.equal((await get('/schemas/ids/99'))['error_code'], 40403);
  assert.ok(((await get('/subjects')) as unknown as string[]).includes('events.reading-value'));
  const post = async (url: string, schema: unknown) => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const response = await app.inject({ method: 'POST', url, headers, payload: JSON.stringify({ schema }) });
    return { status: response.statusCode, ...(response.json() as { id?: number; message?: string }) };
  };
  assert.equal((await post('/subjects/events.cart-value/versions', latest['schema'])).id, 3);
  assert.equal((await post('/subjects/events.cart-value', latest['schema'])).id, 3);
  const other = JSON.stringify({ type: 'record', name: 'X', fields: [] });
  assert.equal((await post('/subjects/events.cart-value/versions', other)).status, 409);
  assert.match((await post('/subjects/events.cart-value/versions', other)).message ?? '', /use schema id 3/);
  assert.equal((await post('/subjects/other/versions', other)).status, 403);
  assert.equal((await post('/subjects/events.cart-value', other)).status, 404);
  assert.equal((await post('/subjects/events.cart-value', '{')).status, 422);
});

test('the trace of a request goes on in its records’ headers when it is recorded, and only then', async () => {
  // Nobody need listen there: what can't be sent is lost, and nothing waits for it.
  const settings = readSettings(tracingSettings, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  const tracing = await startTracing('collector', settings, createLog('test', 'silent'), new Registry());
  const { post, records } = await collector({}, { tracing });
  const traceId = '1'.repeat(32);
  const traceparent = (flags: string): string => `00-${traceId}-${'2'.repeat(16)}-${flags}`;
  await post([cart, cart], { traceparent: traceparent('01'), tracestate: 'v=1' });
  await post(cart, { traceparent: traceparent('00') });
  await post(cart);
  const [first, second, ...others] = records.map(({ headers }) => headers);
  assert.match(String(first?.['traceparent']), new RegExp(`^00-${traceId}-(?!2{16})[0-9a-f]{16}-01$`));
  assert.equal(first?.['tracestate'], 'v=1');
  assert.deepEqual([second, ...others], [first, undefined, undefined]);
  await tracing?.close();
});

test('beyond loopback figures, documents and schemas are behind a key; health is not', async () => {
  const { app } = await collector({}, { host: '0.0.0.0' });
  const status = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await app.inject({ url, headers })).statusCode;
  for (const url of ['/metrics', '/openapi.json', '/subjects', '/schemas/ids/1', '/config']) {
    assert.equal(await status(url), 401, url);
    assert.equal(await status(url, { authorization: 'Bearer carts' }), 200, url);
    const password = Buffer.from('registry:carts').toString('base64');
    assert.equal(await status(url, { authorization: `Basic ${password}` }), 200, url);
  }
  assert.equal(await status('/health'), 200);
  const here = await collector();
  assert.equal((await here.app.inject({ url: '/metrics' })).statusCode, 200);
  const rebound = await here.app.inject({ url: '/metrics', headers: { host: 'evil.example' } });
  assert.equal(rebound.statusCode, 401);
});

test('while the well-known key holds, a page of another name gets nothing', async () => {
  const { post, records } = await collector({}, { keys: readApiKeys('[]', true) });
  const dev = { authorization: 'Bearer dev-key' };
  assert.equal((await post(cart, { ...dev, host: 'evil.example' })).status, 421);
  assert.equal((await post(cart, { ...dev, 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal(records.length, 0);
  assert.equal((await post(cart, { ...dev, host: '127.0.0.1:8080' })).status, 202);
});

test('"strict" is given once, and clearly', async () => {
  const { post } = await collector();
  for (const query of ['strict=true&strict=false', 'strict=yes', 'strict='])
    assert.match((await post(cart, {}, `/v1/events?${query}`)).message!, /"strict" is given once/);
  assert.equal((await post({ ...cart, extra: 1 }, {}, '/v1/events?strict=1')).status, 400);
  assert.equal((await post({ ...cart, extra: 1 }, {}, '/v1/events?strict=false')).status, 202);
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

test('an effective_at without effect is accepted with a warning (rule 66, rule 2)', async () => {
  const { post } = await collector();
  const before = new Date(now - 86_400_000).toISOString();
  const after = new Date(now + 86_400_000).toISOString();
  const subscription = { customer_id: 'c', subscription_id: 's', occurred_at: time };
  const terms = { plan_id: 'p', interval: 'month', unit_amount: 5_900, currency: 'USD' };
  const event = (event_id: string, verb: string, fields: object) => ({ event_id, type: `subscription.${verb}`, ...subscription, ...fields }); // prettier-ignore
  const answer = await post([
    event('early', 'canceled', { effective_at: before }),
    event('late', 'canceled', { effective_at: after }),
    event('same', 'paused', { effective_at: time }),
    event('none', 'canceled', {}),
    event('wrong', 'canceled', { effective_at: 'x' }),
    event('terms', 'changed', { ...terms, effective_at: before }),
    event('start', 'started', { ...terms, effective_at: after }),
    event('void', 'voided', { voids: 'early', effective_at: before }),
  ]);
  assert.deepEqual([answer.status, answer.accepted], [202, 7]);
  assert.deepEqual(places(answer), [[4, 'wrong', '$.effective_at']]);
  assert.deepEqual(
    answer.warnings!.map(({ index, event_id, path }) => [index, event_id, path]),
    [
      [0, 'early', '$.effective_at'],
      [5, 'terms', '$.effective_at'],
      [6, 'start', '$.effective_at'],
    ],
  );
  assert.match(
    answer.warnings![0]!.message,
    /before the time of the event, its occurred_at, and has no effect: .* send it with/,
  );
  assert.match(answer.warnings![2]!.message, /subscription\.started takes effect at its occurred_at/);
});

test('without a warning there is no list of them; of many the first thousand are named (rule 66)', async () => {
  const { post } = await collector({}, { bodyBytesMax: 1_000_000 });
  assert.equal('warnings' in (await post(cart)), false);
  const late = { type: 'subscription.canceled', occurred_at: time, subscription_id: 's' };
  const many = Array.from({ length: 1_500 }, (_, i) => ({ ...late, event_id: `${i}`, customer_id: 'c', effective_at: '2026-05-01T00:00:00Z' })); // prettier-ignore
  const answer = await post(many);
  assert.deepEqual([answer.accepted, answer.warnings!.length, answer.warnings_omitted], [1_500, 1_000, 500]);
});

test('a warning names a CloudEvent by its id (rule 66)', async () => {
  const { post } = await collector();
  const data = { customer_id: 'c', subscription_id: 's', effective_at: '2026-05-01T00:00:00Z' };
  const event = { specversion: '1.0', id: 'e', type: 'subscription.canceled', source: '/s', time, data };
  const { warnings } = await post(event, { 'content-type': 'application/cloudevents+json' });
  assert.deepEqual([warnings![0]!.event_id, warnings![0]!.path], ['e', '$.effective_at']);
});

test('the document describes warnings as it does rejected events (rule 66)', async () => {
  const { app } = await collector();
  const document = (await app.inject('/openapi.json')).json() as { components: { schemas: { Verdicts: { properties: Record<'warnings' | 'rejected', { items: { required: string[] } }> } } } }; // prettier-ignore
  const { warnings, rejected } = document.components.schemas.Verdicts.properties;
  assert.deepEqual(warnings.items.required, rejected.items.required);
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

test('CloudEvents of any JSON type, and structured ones without +json, are read', async () => {
  const { post } = await collector();
  const { event_id, type, occurred_at, ...data } = cart;
  const binary = {
    'ce-specversion': '1.0',
    'ce-id': event_id,
    'ce-type': type,
    'ce-time': occurred_at,
    'ce-source': 'shop',
  };
  assert.equal(
    (await post(data, { ...binary, 'content-type': 'application/vnd.acme.cart+json' })).accepted,
    1,
  );
  assert.equal((await post(data, { ...binary, 'content-type': 'application/xml' })).status, 415);
  assert.equal((await post(cart, { 'content-type': 'application/vnd.acme.cart+json' })).status, 415);
  const event = { specversion: '1.0', id: event_id, type, time: occurred_at, source: 'shop', data };
  assert.equal((await post(event, { 'content-type': 'application/cloudevents; charset=utf-8' })).accepted, 1);
  assert.equal((await post([event, event], { 'content-type': 'application/cloudevents-batch' })).accepted, 2);
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
test('the OpenAPI document shows the limits of times and sizes (rule 49, rule 50)', async () => {
  const { app } = await collector();
  const document: OpenApi = (await app.inject({ url: '/openapi.json' })).json();
  const { occurred_at, comment, themes } = document.components.schemas['survey_answered']!.properties;
  assert.equal(occurred_at!['minimum'], 100_000_000_000);
  assert.equal(comment!['maxLength'], 8192);
  assert.deepEqual([themes!['maxItems'], themes!['items']], [50, { type: 'string', minLength: 0, maxLength: 256 }]); // prettier-ignore
  assert.match(document.paths['/v1/events']!.post.description, /at most 65536 bytes.*1970-01-01T00:00:00Z/);
});

type OpenApi = {
  readonly components: {
    readonly schemas: Record<string, { readonly properties: Record<string, Record<string, unknown>> }>;
  };
  readonly paths: Record<string, { readonly post: { readonly description: string } }>;
};

test('an event of very many fields is judged like any other', async () => {
  const { post } = await collector({}, { bodyBytesMax: 6_000_000 });
  const many = Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [`x${n}`, 0]));
  assert.equal((await post({ ...cart, ...many })).status, 202);
  const strict = await post({ ...cart, ...many }, {}, '/v1/events?strict=true');
  assert.deepEqual([strict.status, places(strict)], [400, [[0, 'e1', '$.x0']]]);
});
