/**
 * The sink: facts from Kafka into ClickHouse.
 *
 * **Delivery guarantee**: exactly once. A block is planned in the metadata of committed offsets, inserted under
 * deduplication tokens of its own, then committed. After a crash the next instance makes the same block again, and
 * ClickHouse drops it, in its rollups too. See docs/decisions/sink.md.
 *
 * **Back pressure**: at most `SINK_BLOCK_BYTES` are in one block and twice as many read ahead; while ClickHouse is away
 * or refuses a block, it is tried again for ever and nothing more is read. Facts wait in Kafka.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import type { Databases } from '@tidemark/clickhouse/databases';
import { migrate } from '@tidemark/clickhouse/migrate';
import { checkOneServer } from '@tidemark/clickhouse/one-server';
import { checkDeduplication, checkFactTables } from '@tidemark/clickhouse/schema-checks';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { openKafka } from '@tidemark/kafka/client';
import { memberOptions } from '@tidemark/kafka/member-settings';
import { onceReachable } from '@tidemark/kafka/retry';
import { checkTopics } from '@tidemark/kafka/topic-settings';
import { type ClockWatch, watchClocks } from '@tidemark/service/clocks';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { connectionOf } from '@tidemark/kafka/settings';
import { checkOps, startOpsServer } from '@tidemark/service/ops-server';
import { runService } from '@tidemark/service/service';
import type { SettingsOf } from '@tidemark/service/settings';
import { publishedKinds } from '@tidemark/metrics';
import { generationOf } from '@tidemark/topics/generation';
import { checkCopies, asSet, topicsOfGeneration } from '@tidemark/topics/topics';
import { startTracing } from '@tidemark/tracing/tracing';
import { applyFactRetention, factRetentionIn, limitedKinds } from './fact-retention.ts';
import { rowWriters } from './rows.ts';
import { sinkSettings } from './settings.ts';
import { type Sink, startSink } from './sink.ts';
import { clickHouseTables } from './tables.ts';
import { sinkTelemetry } from './telemetry.ts';
import { checksIn, verifyRollups } from './verification.ts';
import { keepVersionComments } from './version-comments.ts';

const prepareRetryMs = 1_000;
const clockEveryMs = 10_000;

type Settings = SettingsOf<typeof sinkSettings>;

/**
 * Migrates ClickHouse and checks its version, once it answers.
 *
 * @returns The kinds whose old facts it deletes; `undefined` when the service ends before.
 */
async function prepare(
  client: ClickHouseClient,
  settings: Settings,
  databases: Databases,
  log: Log,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  while (!signal.aborted) {
    try {
      if (settings.MIGRATE) await migrate({ client, settings, log, databases });
      else {
        await checkOneServer(client, databases.store);
        await checkDeduplication(client, databases.store);
      }
      await checkFactTables(client, databases.store, publishedKinds);
      if (settings.MIGRATE)
        await applyFactRetention(client, databases.store, factRetentionIn(settings.FACT_RETENTION));
      return await limitedKinds(client, databases.store);
    } catch (error) {
      if (!isFailure(error) || error.retry !== 'backoff') throw error;
      log.warn({ err: error }, 'ClickHouse does not answer yet; trying again.');
      await sleep(prepareRetryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Asks ClickHouse what time it is: views go by its clock. An answer that does not come is somebody else's business. */
async function askTime(client: ClickHouseClient, clocks: ClockWatch): Promise<void> {
  const askedAt = Date.now();
  const query = 'SELECT toUnixTimestamp64Milli(now64(3)) AS at';
  const [row] = await rowsOf<{ at: string }>(client, query).catch(() => []);
  if (row !== undefined)
    clocks.report({ server: 'ClickHouse', at: Number(row.at), askedAt, answeredAt: Date.now() });
}

const description = {
  name: 'sink',
  summary: 'The sink: carries facts from Kafka to ClickHouse, each counted once.',
  settings: sinkSettings,
  checks: [
    connectionOf,
    memberOptions,
    checkCopies,
    (all: Settings) => checkOps('sink', all.SINK_PORT, all.SINK_HOST, all.SINK_TOKEN),
  ],
  examples: [
    'KAFKA_BROKERS=127.0.0.1:9092 CLICKHOUSE_URL=http://127.0.0.1:8123 SINK_PORT=8083 npm run start:sink',
    'curl http://127.0.0.1:8083/ready',
  ],
};

await runService(description, async ({ settings, log, shutdown, registry, fail }) => {
  const telemetry = sinkTelemetry(log, registry);
  const tracing = await startTracing('sink', settings, log, registry);
  if (tracing !== undefined) shutdown.add('traces', tracing.close);
  const clickhouse = connectClickHouse(settings);
  const clocks = watchClocks(registry, log);
  const clockAsked = setInterval(() => void askTime(clickhouse, clocks), clockEveryMs);
  shutdown.add('clock', async () => clearInterval(clockAsked));
  shutdown.add('clickhouse', () => clickhouse.close());
  const kafka = openKafka(settings, log);
  const limits = {
    blockBytesMax: settings.SINK_BLOCK_BYTES,
    aheadBytesMax: 2 * settings.SINK_BLOCK_BYTES,
    blockIntervalMsMax: settings.SINK_BLOCK_INTERVAL,
  };
  const names = generationOf(settings.GENERATION, settings.KAFKA_PREFIX);
  const { number, own, store, views, facts: topic } = names;
  const codec = factBlockCodec();
  const writers = rowWriters(publishedKinds);
  const tables = clickHouseTables(clickhouse, store);
  const context = { kafka, tables, topic, codec, writers, telemetry, tracing, limits };
  let away: string | undefined;
  let sink: Sink | undefined;

  if (settings.SINK_PORT !== undefined) {
    const waitingFor = (): readonly string[] =>
      sink?.hasJoined() === true
        ? telemetry.blocked()
        : [away ?? 'ClickHouse is not prepared, or the group is not joined yet.'];
    const ops = await startOpsServer({
      port: settings.SINK_PORT,
      host: settings.SINK_HOST,
      token: settings.SINK_TOKEN,
      service: 'sink',
      registry,
      waitingFor,
      warnings: clocks.warnings,
      log,
    });
    shutdown.add('health and metrics', ops.close);
  }

  const limited = await prepare(clickhouse, settings, { store, views }, log, shutdown.signal);
  if (limited === undefined || shutdown.signal.aborted) return;
  const retentionMs = settings.TOPIC_RETENTION;
  // How many partitions there are is no matter here.
  const all = asSet(topicsOfGeneration(1, names, retentionMs), settings);
  const wanted = all.filter(({ name }) => name === topic);
  await onceReachable(
    () => checkTopics(kafka, wanted, retentionMs),
    log,
    shutdown.signal,
    (reason) => {
      away = reason;
    },
  );
  const membership = { ...memberOptions(settings), groupId: own(settings.SINK_GROUP) };
  sink = startSink(context, membership, log, fail);
  shutdown.add('the group', sink.stop);
  const checks = checksIn({ store, views }, limited);
  const verification = { client: clickhouse, checks, telemetry, log, random: Math.random };
  if (settings.MIGRATE) {
    const comments = { kafka, clickhouse, generation: number, databases: { store, views }, log, fail };
    shutdown.add('comments of versions', (await keepVersionComments(comments, shutdown.signal)).stop);
  }
  void verifyRollups(verification, settings.SINK_VERIFY_INTERVAL, shutdown.signal);
});
