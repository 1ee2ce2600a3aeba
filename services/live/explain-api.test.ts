import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptedEvent } from '@tidemark/explain/events';
import type { Reader } from '@tidemark/explain/reader';
import { apiOf } from './api.fixtures.ts';
import type { ExplainApi } from './explain-api.ts';

/** A reader that is never to be asked. */
const unasked: Reader = {
  rows: () => Promise.reject(new Error('asked')),
  inGeneration: () => Promise.reject(new Error('asked')),
};

async function answerTo(query: string, explain: Partial<ExplainApi> = { reader: unasked }) {
  const app = apiOf({}, { explain });
  const { statusCode, body } = await app.inject({ url: `/v1/explain${query}` });
  await app.close();
  return { status: statusCode, ...(JSON.parse(body) as { field?: string; message?: string; code?: string }) };
}

test('a wrong question is refused with the field and the fix, before anything is read', async () => {
  const mrr = '?view=mrr_monthly&column=new';
  for (const [query, field, message] of [
    ['', 'view', /there is no view ; there are mrr_daily/],
    ['?view=mrr_monthly&column=x', 'column', /its figures are new/],
    ['?view=data_through&column=x', 'view', /has no figures/],
    ['?view=clv_monthly_reporting&column=clv_net', 'column', /at the rate of every day/],
    [mrr, 'period', /needs month, currency too: give period, such as 2026-10/],
    [`${mrr}&period=2026-10`, 'key', /give key=currency=/],
    [`${mrr}&period=2026-13&key=currency=EUR`, 'month', /a month such as 2026-10/],
    [`${mrr}&period=2026-10&key=colour=red`, 'key', /one of month, currency/],
    [`${mrr}&period=2026-10&key=currency=EUR&known_at=x`, 'known_at', /an instant/],
    [`${mrr}&period=2026-10&key=currency=EUR&limit=0`, 'limit', /from 1 to 1000/],
    [`${mrr}&period=2026-10&key=currency=EUR&operand=x`, 'operand', /left out/],
    [`${mrr}&period=2026-10&period=2026-11`, 'period', /more than once/],
    ['/rows?view=nothing', 'view', /one of mrr_daily/],
    ['/events?family=x&entity=c-1', 'family', /one of subscription/],
    ['/events?family=cart', 'entity', /1 to 256 characters/],
  ] as const) {
    const found = await answerTo(query);
    assert.deepEqual([found.status, found.field], [400, field], query);
    assert.match(found.message ?? '', message);
  }
});

test('without a user who may read facts nothing is explained, and the answer says what to set', async () => {
  const { status, code, message } = await answerTo('?view=mrr_monthly&column=new', { reader: undefined });
  assert.deepEqual([status, code], [503, 'explain.off']);
  assert.match(message ?? '', /LIVE_EXPLAIN_USER/);
});

test('the list of figures has every view with its key', async () => {
  const { views } = (await answerTo('/figures')) as unknown as {
    views: { view: string; key: string[]; columns: string[] }[];
  };
  const mrr = views.find(({ view }) => view === 'mrr_monthly');
  assert.deepEqual(mrr?.key, ['month', 'currency']);
  assert.ok(mrr?.columns.includes('arpa') && !mrr.columns.includes('month'));
});

test('two readings of events go on at once; a third is to be asked again', async () => {
  const event: AcceptedEvent = {
    event_id: 'e-1',
    type: 'cart.created',
    occurred_at: '2026-05-10T11:00:00.000Z',
    accepted_in: 'state',
    record: 'kept',
    raw: [{ topic: 'events.cart', partition: 0, offset: 17 }],
  };
  const read = Promise.withResolvers<readonly AcceptedEvent[]>();
  const app = apiOf({}, { explain: { reader: unasked, events: () => read.promise } });
  const ask = () => app.inject({ url: '/v1/explain/events?family=cart&entity=c-1' });
  const first = [ask(), ask()];
  assert.equal((await ask()).statusCode, 503);
  read.resolve([event]);
  for (const answer of await Promise.all(first))
    assert.deepEqual(answer.json<{ events: unknown }>().events, [event]);
  assert.equal((await ask()).statusCode, 200);
  await app.close();
});
