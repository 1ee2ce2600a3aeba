import { createHmac } from 'node:crypto';
import type { WebhookName } from '../collector-options.ts';

type Headers = Record<string, string>;

/** A delivery of a source of webhooks, and how the source signs it. */
export type Example = {
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

function ofStripe(now: number): Example {
  const created = Math.floor(now / 1_000) - 60;
  return {
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
  };
}

function ofShopify(now: number): Example {
  const at = new Date(now - 60_000).toISOString();
  const order = {
    id: 1,
    created_at: at,
    updated_at: at,
    financial_status: 'paid',
    total_price: '5.00',
    currency: 'USD',
    customer: { id: 7 },
  };
  return {
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
  };
}

function ofZendesk(now: number): Example {
  const at = new Date(now - 60_000).toISOString();
  const ticket = {
    type: 'zen:event-type:ticket.created',
    id: 'event-1',
    time: at,
    detail: { id: '35', created_at: at, requester_id: '7', status: 'NEW', via: { channel: 'email' } },
    event: {},
  };
  return {
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
  };
}

/**
 * A delivery of each source, of a minute ago.
 *
 * @param now Milliseconds since the epoch.
 */
export function examplesAt(now: number): Readonly<Record<WebhookName, Example>> {
  return { stripe: ofStripe(now), shopify: ofShopify(now), zendesk: ofZendesk(now) };
}
