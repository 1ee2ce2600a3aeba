import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { collector, now } from './collector.fixtures.ts';
import { stripeSecretsIn } from './stripe-signature.ts';

const charge = {
  id: 'evt_1',
  object: 'event',
  type: 'charge.succeeded',
  created: now / 1_000 - 60,
  data: {
    object: {
      id: 'ch_1',
      customer: 'cus_1',
      amount: 500,
      currency: 'usd',
      invoice: null,
      payment_intent: 'pi_1',
      created: now / 1_000 - 60,
    },
  },
};

/** The header as Stripe makes it. */
function signed(body: string, secret = 'whsec_new', at = now / 1_000): Record<string, string> {
  const hmac = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return { authorization: '', 'stripe-signature': `t=${at},v1=00,v1=${hmac},v0=0` };
}

const url = '/v1/sources/stripe';
const secrets = stripeSecretsIn('whsec_old, whsec_new');
const body = JSON.stringify(charge);

test('a signed webhook is published, and what is delivered again is the same event', async () => {
  const { post, events } = await collector({}, { stripeSecrets: secrets });
  for (const secret of ['whsec_new', 'whsec_old'])
    assert.deepEqual([(await post(body, signed(body, secret), url)).status], [200]);
  assert.deepEqual(
    events().map(({ event_id, type, source }) => [event_id, type, source]),
    Array.from({ length: 2 }, () => ['stripe:ch_1:purchase', 'purchase.completed', 'stripe']),
  );
});

test('what is not signed, signed by another, changed or too old is refused', async () => {
  const { post, records } = await collector({}, { stripeSecrets: secrets });
  const refused = async (given: string, headers: Record<string, string>): Promise<void> => {
    assert.equal((await post(given, headers, url)).status, 401);
  };
  await refused(body, {});
  await refused(body, signed(body, 'whsec_other'));
  await refused(body.replace('500', '501'), signed(body));
  await refused(body, signed(body, 'whsec_new', now / 1_000 - 301));
  await refused(body, signed(body, 'whsec_new', now / 1_000 + 301));
  assert.equal(records.length, 0);
});

test('what gives no event is taken and counted, so that Stripe does not send it again', async () => {
  const registry = new Registry();
  const { post } = await collector({}, { stripeSecrets: secrets, registry });
  const other = JSON.stringify({ ...charge, type: 'customer.created' });
  assert.equal((await post(other, signed(other), url)).status, 200);
  assert.match(await registry.metrics(), /passed_over_total\{source="stripe",reason="unmapped"\} 1/);
  const invalid = JSON.stringify({ ...charge, created: 1 });
  const old = await post(invalid.replace('"usd"', '"zzz"'), signed(invalid.replace('"usd"', '"zzz"')), url);
  assert.deepEqual([old.status, old.rejected[0]?.path], [200, '$.currency']);
});

test('what can be sent again with another result has an error status', async () => {
  const full = await collector({ isFull: true }, { stripeSecrets: secrets });
  assert.equal((await full.post(body, signed(body), url)).status, 503);
  const { post } = await collector({}, { stripeSecrets: secrets });
  for (const given of ['{', '[]', '{"object":"v2.core.event"}'])
    assert.equal((await post(given, signed(given), url)).status, 400);
});

test('without a secret there is no such address', async () => {
  const { post } = await collector();
  assert.equal((await post(body, signed(body), url)).status, 404);
});
