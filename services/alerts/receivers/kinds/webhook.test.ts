import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { send, serve, webhook } from '../../deliver/delivery.fixtures.ts';

test('a webhook is signed, has its idempotency key, and contains value, start, customers and links', async () => {
  const { url, got } = await serve();
  assert.deepEqual(await send(webhook(url)), { status: 'delivered' });
  const { headers, body } = got[0]!;
  const key = new Webhook(Buffer.from('my own secret').toString('base64'));
  const payload = key.verify(body, headers) as {
    type: string;
    data: { subject: string; alerts: Record<string, unknown>[] };
  };
  assert.equal(headers['webhook-id'], 'churn@1/1/r');
  assert.equal(headers['idempotency-key'], 'churn@1/1/r');
  assert.equal(payload.type, 'alert.firing');
  assert.equal(
    payload.data.subject,
    '[FIRING] More customers lost than usual (segment enterprise): 34 in 20 min against 4.2 usual',
  );
  const [alert] = payload.data.alerts;
  assert.equal(alert!['since'], '2026-05-04T09:40:00.000Z');
  assert.equal(alert!['runbook'], 'https://runbooks.example/docs/churn-spike.md');
  assert.match(String(alert!['dashboard']), /^https:\/\/page\.example\/\?from=2026-05-04T09%3A40/);
  assert.deepEqual(alert!['customers'], ['c1', 'c2']);
  assert.throws(() => key.verify(body.replace('34', '35'), headers));
});
