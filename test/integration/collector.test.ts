import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import { CloudEvent, HTTP } from 'cloudevents';
import { startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { partitionOf } from '@tidemark/events/partition-of';
import { createLog } from '@tidemark/service/log';
import { createPublisher, PublishError, type NewEvent } from '../../packages/publisher/index.ts';
import { importFile, type ImportOptions } from '../../packages/cli/import/run.ts';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { examplesAt } from '../../services/collector/sources/webhooks.fixtures.ts';
import { malformedLine, malformedSeed } from '../support/malformed.ts';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import {
  makeTopics,
  partitions,
  readAll,
  startCollector,
  type Answer,
  type Collector,
  type Stored,
} from './collector-child.ts';

let id = 0;
const cart = (fields: object = {}) => ({
  event_id: `e${(id += 1)}`,
  type: 'cart.created',
  occurred_at: Date.now(),
  cart_id: `cart-${id % 50}`,
  value: 5900,
  currency: 'USD',
  ...fields,
});
const ndjson = { 'content-type': 'application/x-ndjson' };

suite('the collector over a real Kafka', () => {
  let kafka: KafkaServer & Closable;
  let collector: Collector;
  before(async () => {
    kafka = await backend({ only: 'kafka' });
    await makeTopics(kafka.brokers);
    collector = await startCollector(kafka.brokers, {
      COLLECTOR_STRIPE_SECRETS: 'a-secret',
      COLLECTOR_SHOPIFY_SECRETS: 'a-secret',
      COLLECTOR_ZENDESK_SECRETS: 'a-secret',
    });
  });
  after(async () => {
    await collector?.stop();
    await kafka?.close();
  });
  const storedOf = async (ids: readonly string[]): Promise<Stored[]> => {
    const wanted = new Set(ids);
    return (await readAll(kafka.brokers)).filter(({ event }) => wanted.has(event.event_id));
  };

  test('what is accepted is in Kafka, in the partition of its entity, in every form', async () => {
    const single = cart();
    const array = [cart(), cart()];
    const lines = [cart(), cart()];
    assert.equal((await collector.post(JSON.stringify(single))).status, 202);
    assert.equal((await collector.post(JSON.stringify(array))).accepted, 2);
    assert.equal(
      (await collector.post(lines.map((one) => JSON.stringify(one)).join('\n'), ndjson)).accepted,
      2,
    );
    const all = [single, ...array, ...lines];
    const stored = await storedOf(all.map((event) => event.event_id));
    assert.equal(stored.length, all.length);
    for (const { event, key, partition } of stored) {
      assert.ok(event.type === 'cart.created');
      assert.deepEqual([key, event.source, event.value], [event.cart_id, 'dev', 5900]);
      assert.equal(partition, partitionOf(event.cart_id, partitions));
    }
  });

  test('CloudEvents of the CNCF’s own client come through, structured, batched and binary', async () => {
    const { cart_id, value, currency } = cart();
    const time = new Date().toISOString();
    const made = ['ce-1', 'ce-2', 'ce-3', 'ce-4'].map(
      (name) =>
        new CloudEvent({
          id: name,
          type: 'cart.created',
          source: '/shop',
          time,
          data: { cart_id, value, currency },
        }),
    );
    const [structured, binary, ...batch] = made;
    for (const message of [HTTP.structured(structured!), HTTP.binary(binary!)]) {
      const answer = await collector.post(String(message.body), message.headers as Record<string, string>);
      assert.deepEqual([answer.status, answer.accepted], [202, 1], JSON.stringify(answer));
    }
    const type = { 'content-type': 'application/cloudevents-batch+json' };
    assert.equal((await collector.post(JSON.stringify(batch), type)).accepted, 2);
    const stored = await storedOf(made.map((event) => event.id));
    assert.equal(stored.length, 4);
    for (const { event } of stored)
      assert.deepEqual([event.source, event.occurred_at], ['/shop', Date.parse(time)]);
  });

  test('the unchanged libraries of Segment and of RudderStack publish what a shop tracks', async () => {
    const order = (purchase: string) => ({
      userId: 'ann',
      event: 'Order Completed',
      properties: { order_id: purchase, total: 19.99, currency: 'EUR' },
    });
    const faults: unknown[] = [];
    const segment = new Analytics({ writeKey: 'dev-key', host: collector.url });
    segment.on('error', (fault) => faults.push(fault));
    segment.identify({ userId: 'ann', traits: { plan: 'team' } });
    segment.page({ userId: 'ann', name: 'Home' });
    segment.track(order('segment-1'));
    segment.track(order('segment-2'));
    await segment.closeAndFlush();

    const rudder = new RudderAnalytics('dev-key', {
      dataPlaneUrl: collector.url,
      errorHandler: (fault: unknown) => faults.push(fault),
    });
    rudder.identify({ userId: 'ann', traits: { plan: 'team' } });
    rudder.track(order('rudder-1'));
    rudder.track({ ...order('rudder-1'), event: 'Order Refunded' });
    await rudder.flush();

    assert.deepEqual(faults, []);
    const stored = (await readAll(kafka.brokers)).flatMap(({ event }) =>
      event.type === 'purchase.completed' || event.type === 'purchase.refunded'
        ? [[event.purchase_id, event.type, event.amount, event.currency, event.customer_id].join(' ')]
        : [],
    );
    assert.deepEqual(stored.toSorted(), [
      'rudder-1 purchase.completed 1999 EUR ann',
      'rudder-1 purchase.refunded 1999 EUR ann',
      'segment-1 purchase.completed 1999 EUR ann',
      'segment-2 purchase.completed 1999 EUR ann',
    ]);
  });

  test('signed webhooks of Stripe, Shopify and Zendesk are in Kafka, and forged ones are not', async () => {
    const examples = Object.entries(examplesAt(Date.now()));
    for (const [name, { body, forged, signed }] of examples) {
      const text = JSON.stringify(body);
      const deliver = async (given: string): Promise<number> => {
        const headers = { 'content-type': 'application/json', ...signed(text, 'a-secret', Date.now()) };
        const url = `${collector.url}/v1/sources/${name}`;
        return (await fetch(url, { method: 'POST', body: given, headers })).status;
      };
      assert.deepEqual([await deliver(text), await deliver(text)], [200, 200], name);
      assert.equal(await deliver(text.replace(...forged)), 401, name);
    }
    const stored = await storedOf(examples.map(([, { event }]) => event[0]));
    const twice = [...examples, ...examples].map(([name, { event }]) => [name, ...event].join(' '));
    assert.deepEqual(
      stored.map(({ event }) => [event.source, event.event_id, event.type].join(' ')).toSorted(),
      twice.toSorted(),
    );
  });

  test(`ten thousand malformed lines among five thousand good ones, seed ${malformedSeed}`, async () => {
    const draw = seeded(malformedSeed);
    const events = Array.from({ length: 15_000 }, () => cart());
    const lines = events.map((event, index) =>
      index % 3 === 0 ? Buffer.from(JSON.stringify(event)) : malformedLine(draw, event),
    );
    const bodyOf = (some: readonly Buffer[]): Buffer =>
      Buffer.concat(some.flatMap((line) => [line, Buffer.from('\n')]));
    const good = events.map((event) => Buffer.from(JSON.stringify(event)));
    assert.equal((await collector.post(bodyOf(good), ndjson)).status, 413, 'too many for one request');
    for (let from = 0; from < lines.length; from += 300) {
      const some = lines.slice(from, from + 300);
      const answer = await collector.post(bodyOf(some), ndjson);
      assert.deepEqual([answer.status, answer.accepted, answer.rejected.length], [202, 100, 200]);
      for (const { index, message } of answer.rejected)
        assert.ok(index % 3 !== 0 && message !== '', some[index]?.toString());
    }
    const stored = await storedOf(events.map((event) => event.event_id));
    assert.equal(stored.length, 5_000);
  });

  test('a body of 10 MB is 413, and the collector goes on', async () => {
    const line = `${JSON.stringify(cart({ channel: 'x'.repeat(1_000) }))}\n`;
    const body = Buffer.from(line.repeat(Math.ceil(10_000_000 / line.length)));
    // The answer may come while the body is still being sent, and end the connection.
    const answer = await collector.post(body, ndjson).catch((error: unknown) => error);
    if (!(answer instanceof Error)) assert.equal((answer as { status: number }).status, 413);
    assert.equal((await collector.post(JSON.stringify(cart()))).status, 202);
  });

  test('the TypeScript publisher writes the same, and says which event is wrong and why', async () => {
    const publisher = await createPublisher({ brokers: kafka.brokers, source: 'shop' });
    const events = Array.from({ length: 2_500 }, () => cart() as unknown as NewEvent);
    await publisher.publishAll(events);
    const late = { ...cart(), occurred_at: new Date(), cart_id: 'dated' } as unknown as NewEvent;
    const unsettled = publisher.publish(late);
    const wrong = [cart(), cart({ value: '5900' }), cart()] as unknown as NewEvent[];
    await assert.rejects(publisher.publishAll(wrong), (error) => {
      assert.ok(error instanceof PublishError);
      assert.deepEqual(
        error.faults.map(({ index, event_id, path, retry }) => [index, event_id, path, retry]),
        [[1, wrong[1]?.event_id, '$.value', false]],
      );
      return true;
    });
    await publisher.close();
    await unsettled;
    const stored = await storedOf([...events, late, ...wrong].map((event) => event.event_id));
    assert.equal(stored.length, 2_503);
    assert.ok(stored.every(({ event }) => event.source === 'shop'));
  });

  test('an import that is stopped, and one that was cut off behind its checkpoint, go on; each row counts once', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-import-'));
    t.after(() => rm(folder, { recursive: true }));
    const at = (name: string): string => join(folder, name);
    const isBad = (row: number): boolean => row % 1_000 === 500;
    const rows = Array.from({ length: 8_000 }, (_, row) => `${row},${isBad(row) ? 'much' : '59.00'}`);
    await writeFile(at('carts.csv'), ['id,total', ...rows].join('\n'));
    const day = new Date().toISOString().slice(0, 10);
    const event = `{ type: cart.created, event_id: 'imported:{id}', occurred_at: ${day}, cart_id: '{id}', currency: EUR, value: { from: '{total}', money: major } }`;
    await writeFile(at('carts.yaml'), `events: [${event}]`);
    const stopping = new AbortController();
    let shown = 0;
    const options: ImportOptions = {
      file: at('carts.csv'),
      mapping: at('carts.yaml'),
      rejected: at('rejected.ndjson'),
      checkpoint: at('checkpoint.json'),
      fresh: false,
      dryRun: undefined,
      collector: new URL(collector.url),
      key: 'dev-key',
      timeoutMs: 60_000,
      progress: {
        show: () => {
          shown += 1;
          if (shown === 3) copyFileSync(at('checkpoint.json'), at('earlier.json'));
          if (shown === 6) stopping.abort();
        },
        end: () => undefined,
      },
      signal: stopping.signal,
    };
    const first = await importFile(options);
    assert.deepEqual([first.isComplete, first.row], [false, 5_000]);
    copyFileSync(at('earlier.json'), at('checkpoint.json'));
    const second = await importFile({ ...options, signal: new AbortController().signal });
    assert.deepEqual([second.isComplete, second.row, second.rejected], [true, 8_000, 8]);
    assert.deepEqual(second.accepted, { 'cart.created': 7_992 });
    const rejected = (await readFile(at('rejected.ndjson'), 'utf8')).trim().split('\n');
    assert.deepEqual(
      rejected.map((line) => (JSON.parse(line) as { id: string }).id),
      rows.flatMap((_, row) => (isBad(row) ? [String(row)] : [])),
    );
    const wanted = rows.flatMap((_, row) => (isBad(row) ? [] : [`imported:${row}`]));
    const stored = new Set((await storedOf(wanted)).map(({ event: one }) => one.event_id));
    assert.equal(stored.size, wanted.length);
    await assert.rejects(readFile(at('checkpoint.json')), /ENOENT/);
  });

  test('SIGTERM answers what is under way, then ends', async () => {
    const other = await startCollector(kafka.brokers);
    const events = Array.from({ length: 5_000 }, () => cart());
    const call = request(`${other.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: 'Bearer dev-key', ...ndjson, expect: '100-continue' },
    });
    const answered = once(call, 'response') as Promise<[IncomingMessage]>;
    // The collector has begun with the request: it asks for the body.
    call.flushHeaders();
    await once(call, 'continue');
    other.kill('SIGTERM');
    call.end(events.map((event) => JSON.stringify(event)).join('\n'));
    const [answer] = await answered;
    assert.equal(((await json(answer)) as Answer).accepted, 5_000);
    assert.deepEqual(await other.exited, { code: 0, signal: null });
  });
});

test('Kafka killed: 503 and nothing accepted; back again: it goes on, and what was accepted is there', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-collector-'));
  const options = { dataDir, port: await freePort(), log: createLog('test', 'silent'), heapMb: 384 };
  let kafka = await startKafka(options);
  const brokers = [kafka.brokers];
  await makeTopics(brokers);
  const collector = await startCollector(brokers, { COLLECTOR_DELIVERY_TIMEOUT: '3s' });
  try {
    const accepted: string[] = [];
    const send = async (): Promise<number> => {
      const event = cart();
      const answer = await collector.post(JSON.stringify(event));
      if (answer.status === 202) accepted.push(event.event_id);
      else assert.ok(Number(answer.retryAfter) > 0);
      return answer.status;
    };
    for (let count = 0; count < 20; count += 1) assert.equal(await send(), 202);
    kafka.kill('SIGKILL');
    await kafka.exited;
    assert.equal(await send(), 503);
    await collector.untilReady(503);
    const asked = performance.now();
    assert.equal(await send(), 503);
    assert.ok(
      performance.now() - asked < 1_000,
      'once Kafka is known to be away, the answer is given at once',
    );

    kafka = await startKafka(options);
    await collector.untilReady(200);
    for (let count = 0; count < 20; count += 1) assert.equal(await send(), 202);
    const stored = new Set((await readAll(brokers)).map(({ event }) => event.event_id));
    assert.deepEqual(accepted.filter((one) => !stored.has(one)), []); // prettier-ignore
  } finally {
    await collector.stop();
    await kafka.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
