import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeEvent } from '@tidemark/events/codec';
import { acceptJson } from '@tidemark/events/validate';
import { TransactionalProducer, type Send } from '@tidemark/kafka/transactional-producer';
import { deadLetterRecord } from '../../services/processor/outgoing.ts';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { settingsAt } from '@tidemark/metrics/index.oracle';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { differences, type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';
import { until } from '../support/until.ts';

const day = 86_400_000;
const aheadMsMax = 5 * 60_000;
const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
const run = promisify(execFile);

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
before(async () => {
  servers = await backend();
  pipeline = await startPipeline({
    servers,
    processors: 1,
    sinks: 1,
    live: false,
    env: { FREE_TEXT: 'drop' },
  });
});
after(async () => {
  await pipeline?.close();
  await servers?.close();
});

const mention = (name: string, occurredAt: number): ContractEvent => ({
  event_id: name,
  type: 'mention.observed',
  occurred_at: occurredAt,
  mention_id: name,
  channel: 'x',
  sentiment: 'positive',
  source: 'social',
});

async function publish(sends: readonly Send[]): Promise<void> {
  const producer = new TransactionalProducer(pipeline.client, { transactionalId: 'test-client' });
  await producer.fence();
  await producer.commit({ sends, offsets: [], groupId: '' });
  await producer.close();
}

/** Runs the command line, and returns what it prints with `--json`. */
async function command(...args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, KAFKA_BROKERS: servers.brokers.join(',') };
  const { stdout } = await run(process.execPath, [cli, 'dead-letters', ...args, '--json'], { env });
  return JSON.parse(stdout);
}

type Counted = { readonly reason: string; readonly count: number; readonly republished: number };
const listed = async (): Promise<readonly Counted[]> => (await command('list')) as readonly Counted[];
const counts = async (): Promise<unknown> =>
  (await listed()).map(({ reason, count, republished }) => `${reason} ${count}, ${republished} re-published`);
/** The dead letters of a reason, of all families: their number, and how many of them were re-published. */
const countsOf = async (wanted: string): Promise<readonly [count: number, republished: number]> => {
  const found = (await listed()).filter(({ reason }) => reason === wanted);
  const sum = (of: 'count' | 'republished'): number => found.reduce((total, one) => total + one[of], 0);
  return [sum('count'), sum('republished')];
};

/** What the tests have published that is to be counted. */
const published: ContractEvent[] = [];

async function numberOf(query: string): Promise<number> {
  const [row] = await pipeline.reading.rows<{ n: string }>(query);
  return Number(row?.n);
}
const audited = (column: 'received' | 'duplicates'): Promise<number> =>
  numberOf(`SELECT toString(sum(a.${column})) AS n FROM tidemark.ingest_audit_hourly AS a`);
const received = (): Promise<number> => audited('received');
const mentions = (): Promise<number> =>
  numberOf('SELECT toString(sum(m.mentions)) AS n FROM tidemark.mentions_daily AS m');

async function assertViews(events: readonly ContractEvent[]): Promise<void> {
  await pipeline.counted();
  const now = Math.floor(Date.now() / 1000) * 1000;
  await pipeline.reading.pin(now, 'UTC');
  assert.equal(await differences(pipeline.reading, events, settingsAt(now)), '');
}

/** Dead letters as a processor with stricter rules than today's would have written them, of events that are good today. */
function deadLettersOfOldRules(events: readonly ContractEvent[]): Send[] {
  return sendsOf(events, pipeline.partitions, 'social').map(({ records }, place) => {
    const { key, value } = records[0]!;
    const receivedAt = Date.now() - day;
    const from = { topic: 'events.mention', partition: place % pipeline.partitions };
    const record = { offset: place, timestamp: receivedAt, key, value, headers: {} };
    const why = {
      reason: 'invalid',
      path: '$.channel',
      message: 'x is no channel.',
      source: 'social',
    } as const;
    const deadLetter = deadLetterRecord(record, from, { family: 'mention', ...why }, receivedAt);
    return { topic: 'dead-letters', partition: place % pipeline.partitions, records: [deadLetter] };
  });
}

test('dead letters that are valid now are re-published, each of them once', async () => {
  const from = Date.now() - 2 * day;
  const counted = Array.from({ length: 5 }, (_, n) => mention(`good-${n}`, from + n));
  const setAside = Array.from({ length: 700 }, (_, n) => mention(`old-rules-${n}`, from + n));
  const bad = [1, 2, 3].map((n) => ({ key: null, value: Buffer.from(`no event ${n}`) }));
  await publish([
    ...sendsOf(counted, pipeline.partitions, 'social'),
    ...deadLettersOfOldRules(setAside),
    { topic: 'events.mention', partition: 0, records: bad },
  ]);
  const ofKafka = counted.length + bad.length;
  await until('all to be received', async () => (await received()) === ofKafka, 60_000);
  // Facts of one transaction come to their tables one after the other.
  await until('the good ones to be counted', async () => (await mentions()) >= counted.length, 60_000);
  assert.equal(await mentions(), counted.length, 'a dead letter is not counted');

  const looked = await command('republish', '--family', 'mention');
  const expected = { dead_letters: 703, republished_before: 0, still_bad: { malformed: 3 }, good: 700 };
  assert.deepEqual(looked, { ...expected, republished: 0 });
  assert.deepEqual(await counts(), ['invalid 700, 0 re-published', 'malformed 3, 0 re-published']);

  // Two run at a time. One of them may be fenced by the other and fail; together they re-publish once.
  await Promise.allSettled([command('republish', '--yes'), command('republish', '--yes')]);
  await command('republish', '--yes');
  assert.deepEqual(await command('republish', '--reason', 'invalid', '--yes'), {
    dead_letters: 700,
    republished_before: 700,
    still_bad: {},
    good: 0,
    republished: 0,
  });
  await until(
    'all to be counted',
    async () => (await mentions()) >= counted.length + setAside.length,
    60_000,
  );
  assert.equal(await received(), ofKafka, 'a dead letter counts as received at its first receipt');
  assert.deepEqual(await counts(), ['invalid 700, 700 re-published', 'malformed 3, 0 re-published']);
  published.push(...counted, ...setAside);
});

test('an event that was ahead of the clock is re-published once the clock has passed it', async () => {
  const [count, republished] = await countsOf('invalid');
  const posted = mention('ahead', Date.now() + aheadMsMax + 8_000);
  // By the publisher's clock, which is ahead, it is good.
  const verdict = acceptJson(posted, { now: Number(posted.occurred_at), defaultSource: 'social' });
  assert(verdict.ok);
  const record = { key: Buffer.from('ahead'), value: encodeEvent(verdict.event) };
  await publish([{ topic: 'events.mention', partition: 0, records: [record] }]);
  await until('it to be set aside', async () => (await countsOf('invalid'))[0] === count + 1, 30_000);
  const ofToday = ['--reason', 'invalid', '--from', new Date(Date.now() - day / 2).toISOString()];
  await until(
    'the dead letter to be valid',
    async () => ((await command('republish', ...ofToday)) as { good: number }).good === 1,
    60_000,
  );
  const done = (await command('republish', ...ofToday, '--yes')) as { republished: number };
  assert.equal(done.republished, 1);
  published.push(posted);
  await assertViews(published);
  assert.deepEqual(await countsOf('invalid'), [count + 1, republished + 1], 'it is no dead letter again');
  assert.equal(await audited('duplicates'), 0, 'none came twice');
});

type Exported = { readonly kind: string; readonly place: string; readonly [field: string]: unknown };

async function exportOf(customer: string): Promise<Exported[]> {
  const env = {
    ...process.env,
    KAFKA_BROKERS: servers.brokers.join(','),
    CLICKHOUSE_URL: servers.clickhouseUrl,
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  };
  const { stdout } = await run(process.execPath, [cli, 'export', '--customer', customer], { env });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exported);
}

test('all that is stored of a customer is exported, dead letters too, and nothing of another', async () => {
  const at = Date.now() - day;
  const base = { occurred_at: at, source: 'shop' };
  const bought = { ...base, type: 'purchase.completed', kind: 'product', amount: 1_000, currency: 'EUR' };
  const events: ContractEvent[] = [
    { ...bought, event_id: 'p-anna', purchase_id: 'p-anna', customer_id: 'anna' },
    { ...bought, event_id: 'p-bert', purchase_id: 'p-bert', customer_id: 'bert' },
    {
      ...base,
      event_id: 'k-1',
      type: 'cart.created',
      cart_id: 'k',
      customer_id: 'anna',
      value: 0,
      currency: 'EUR',
    },
    { ...base, event_id: 'k-2', type: 'cart.item_added', cart_id: 'k', value: 500, currency: 'EUR' },
    {
      ...base,
      event_id: 'r-1',
      type: 'referral.converted',
      referral_id: 'r',
      referrer_customer_id: 'anna',
      referred_customer_id: 'bert',
    },
    {
      ...base,
      event_id: 's-1',
      type: 'survey.answered',
      response_id: 's',
      instrument: 'feedback',
      sentiment: 'negative',
      customer_id: 'anna',
      comment: 'My own words.',
    },
  ];
  const good = acceptJson(
    {
      ...bought,
      event_id: 'bad',
      purchase_id: 'bad',
      customer_id: 'anna',
      occurred_at: new Date(at).toISOString(),
    },
    { now: Date.now(), defaultSource: 'shop' },
  );
  assert(good.ok);
  const bad = encodeEvent({ ...good.event, currency: 'nothing' } as typeof good.event);
  const refused = {
    topic: 'events.purchase',
    partition: 0,
    records: [{ key: Buffer.from('anna'), value: bad }],
  };
  const setAsideBefore = (await countsOf('invalid'))[0];
  await publish([...sendsOf(events, pipeline.partitions, 'shop'), refused]);
  await until(
    'the bad one to be set aside',
    async () => (await countsOf('invalid'))[0] > setAsideBefore,
    30_000,
  );
  await pipeline.counted();

  const found = await exportOf('anna');
  const eventsOf = (kind: string): string[] =>
    found
      .filter((item) => item.kind === kind)
      .map(({ event }) => (event as { event_id: string }).event_id)
      .toSorted();
  assert.deepEqual(eventsOf('event'), ['k-1', 'k-2', 'p-anna', 'r-1', 's-1']);
  assert.deepEqual(eventsOf('dead-letter'), ['bad']);
  const tables = new Set(found.filter(({ kind }) => kind === 'figure').map(({ place }) => place));
  for (const table of ['sale', 'referral', 'survey_answer'])
    assert(tables.has(`tidemark_store.${table}`), `${table} in ${[...tables].join(', ')}`);
  assert.doesNotMatch(JSON.stringify(found), /bert/);
  const stored = found.filter(({ kind }) => kind === 'event');
  assert.doesNotMatch(JSON.stringify(stored), /My own words/, 'FREE_TEXT=drop: the state has no comments');
  assert.deepEqual(await exportOf('nobody'), []);
});
