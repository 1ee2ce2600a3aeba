import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { Registry } from 'prom-client';
import { collector, now } from '../collector.fixtures.ts';
import type { CollectorOptions, WebhookName } from '../collector-options.ts';
import { hashOf, readApiKeys } from '../keys.ts';
import { secretsIn } from './signatures.ts';

type Headers = Record<string, string>;

type Example = {
  /** A delivery that gives one event, with the value of a field that a forger would change. */
  readonly body: object;
  readonly forged: readonly [string, string];
  /** The id and type of the event. */
  readonly event: readonly [string, string];
  /** One that gives none, and why. */
  readonly other: object;
  readonly passedOver: string;
  /** One whose event is refused, and where. */
  readonly refused: readonly [string, string, path: string];
  /** The headers as the source makes them. */
  readonly signed: (body: string, secret: string, atMs: number) => Headers;
  /** Whether the signature has a time. */
  readonly isTimed: boolean;
};

const hmacOf = (secret: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

const at = new Date(now - 60_000).toISOString();
const created = now / 1_000 - 60;
const order = {
  id: 1,
  created_at: at,
  updated_at: at,
  financial_status: 'paid',
  total_price: '5.00',
  currency: 'USD',
  customer: { id: 7 },
};
const ticket = {
  type: 'zen:event-type:ticket.created',
  id: 'event-1',
  time: at,
  detail: { id: '35', created_at: at, requester_id: '7', status: 'NEW', via: { channel: 'email' } },
  event: {},
};

const examples: Readonly<Record<WebhookName, Example>> = {
  stripe: {
    body: {
      id: 'evt_1',
      object: 'event',
      type: 'charge.succeeded',
      created,
      data: {
        object: { id: 'ch_1', customer: 'cus_1', amount: 500, currency: 'usd', invoice: null, created },
      },
    },
    forged: ['500', '501'],
    event: ['stripe:ch_1:purchase', 'purchase.completed'],
    other: { id: 'evt_2', object: 'event', type: 'customer.created', created, data: { object: {} } },
    passedOver: 'unmapped',
    refused: ['"usd"', '"zzz"', '$.currency'],
    signed: (body, secret, atMs) => {
      const time = Math.floor(atMs / 1_000);
      return { 'stripe-signature': `t=${time},v1=00,v1=${hmacOf(secret, `${time}.${body}`, 'hex')},v0=0` };
    },
    isTimed: true,
  },
  shopify: {
    body: order,
    forged: ['5.00', '5.01'],
    event: [`shopify:order:1:paid:${at}:500`, 'purchase.completed'],
    other: { ...order, test: true },
    passedOver: 'test_order',
    refused: ['"USD"', '"ZZZ"', '$.currency'],
    signed: (body, secret) => ({
      'x-shopify-topic': 'orders/paid',
      'x-shopify-hmac-sha256': hmacOf(secret, body, 'base64'),
    }),
    isTimed: false,
  },
  zendesk: {
    body: ticket,
    forged: ['"35"', '"36"'],
    event: ['zendesk:ticket:35:opened', 'contact.opened'],
    other: { ...ticket, type: 'zen:event-type:ticket.tags_changed' },
    passedOver: 'unmapped',
    refused: ['"35"', `"${'3'.repeat(300)}"`, '$.event_id'],
    signed: (body, secret, atMs) => {
      const time = new Date(atMs).toISOString();
      return {
        'x-zendesk-webhook-signature': hmacOf(secret, `${time}${body}`, 'base64'),
        'x-zendesk-webhook-signature-timestamp': time,
      };
    },
    isTimed: true,
  },
};

for (const [name, example] of Object.entries(examples)) {
  suite(`webhooks of ${name}`, () => {
    const url = `/v1/sources/${name}`;
    const taking: Partial<CollectorOptions> = {
      webhookSecrets: { [name]: secretsIn('an-old-secret, a-new-secret') },
    };
    const body = JSON.stringify(example.body);
    const headersOf = (given: string, secret = 'a-new-secret', atMs = now): Headers => ({
      authorization: '',
      ...example.signed(given, secret, atMs),
    });

    test('a signed delivery is published, and what is delivered again is the same event', async () => {
      const { post, events } = await collector({}, taking);
      for (const secret of ['a-new-secret', 'an-old-secret'])
        assert.equal((await post(body, headersOf(body, secret), url)).status, 200);
      assert.deepEqual(
        events().map(({ event_id, type, source }) => [event_id, type, source]),
        [1, 2].map(() => [...example.event, name]),
      );
    });

    test('what is not signed, signed by another, changed or too old is refused', async () => {
      const { post, records } = await collector({}, taking);
      const refused = async (given: string, headers: Headers): Promise<void> => {
        assert.equal((await post(given, headers, url)).status, 401);
      };
      await refused(body, { authorization: 'Bearer all' });
      await refused(body, headersOf(body, 'another-secret'));
      const changed = body.replace(...example.forged);
      assert.notEqual(changed, body);
      await refused(changed, headersOf(body));
      // The same value in other bytes is not what was signed.
      await refused(`${body} `, headersOf(body));
      if (example.isTimed)
        for (const off of [-301_000, 301_000])
          await refused(body, headersOf(body, 'a-new-secret', now + off));
      assert.equal(records.length, 0);
    });

    test('what gives no event is taken and counted, so that it does not come again', async () => {
      const registry = new Registry();
      const { post } = await collector({}, { ...taking, registry });
      const other = JSON.stringify(example.other);
      assert.equal((await post(other, headersOf(other), url)).status, 200);
      const counted = new RegExp(`passed_over_total\\{source="${name}",reason="${example.passedOver}"\\} 1`);
      assert.match(await registry.metrics(), counted);
      const [from, to, path] = example.refused;
      const invalid = body.replaceAll(from, to);
      const answer = await post(invalid, headersOf(invalid), url);
      assert.deepEqual([answer.status, answer.rejected[0]?.path], [200, path]);
    });

    test('what can be sent again with another result has an error status', async () => {
      const full = await collector({ isFull: true }, taking);
      assert.equal((await full.post(body, headersOf(body), url)).status, 429);
      const { post } = await collector({}, taking);
      for (const given of ['{', '[]', '{"object":"v2.core.event"}'])
        assert.equal((await post(given, headersOf(given), url)).status, 400);
    });

    test('a source has the limits of a key, of which what is not signed takes nothing', async () => {
      const requests = await collector({}, { ...taking, requestsPerSecond: 2 });
      const forged = headersOf(body, 'another-secret');
      for (let count = 0; count < 5; count += 1)
        assert.equal((await requests.post(body, forged, url)).status, 401);
      const statuses: number[] = [];
      for (let count = 0; count < 3; count += 1)
        statuses.push((await requests.post(body, headersOf(body), url)).status);
      assert.deepEqual(statuses, [200, 200, 429]);

      // A key of the same name in COLLECTOR_KEYS has bytes of its own.
      const keys = readApiKeys(JSON.stringify([{ name, sha256: hashOf('all') }]), false);
      const bytes = await collector({}, { ...taking, keys, bytesPerSecond: 10 });
      await bytes.post('[]', {});
      assert.equal((await bytes.post(body, headersOf(body), url)).status, 200);
      const over = await bytes.post(body, headersOf(body), url);
      assert.deepEqual([over.status, Number(over.headers['retry-after']) > 0], [429, true]);
      assert.match(over.message ?? '', /over its bytes a second/);
    });

    test('without a secret there is no such address', async () => {
      const { post } = await collector();
      assert.equal((await post(body, headersOf(body), url)).status, 404);
    });
  });
}
