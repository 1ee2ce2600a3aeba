import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cart, collector, now, places, time } from './collector.fixtures.ts';

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
