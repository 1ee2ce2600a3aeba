/**
 * The processor: keeps every entity's history, folds it into facts and counters.
 *
 * **Delivery guarantee**: exactly once. Facts, counters, changelog, dead letters, moved records and the offsets they
 * follow from are one Kafka transaction; each partition number has a transactional id of its own, and whoever takes it over
 * fences the owner before.
 *
 * **Back pressure**: a task takes in 8,000 records or 16 MiB at most and then asks Kafka for no more until half are counted.
 */
import { join } from 'node:path';
import { Gauge, type Registry } from 'prom-client';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { families } from '@tidemark/events/families';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { clusterId, partitionCounts } from '@tidemark/kafka/admin';
import { openKafka, type KafkaClient } from '@tidemark/kafka/client';
import { memberOptions } from '@tidemark/kafka/member-settings';
import { listOffsets } from '@tidemark/kafka/offsets';
import { checkTopics } from '@tidemark/kafka/topic-settings';
import { watchClocks } from '@tidemark/service/clocks';
import { Failure } from '@tidemark/service/failures';
import type { SettingsOf } from '@tidemark/service/settings';
import { connectionOf } from '@tidemark/kafka/settings';
import { checkOps, startOpsServer } from '@tidemark/service/ops-server';
import { runService } from '@tidemark/service/service';
import { definitionsWith } from '@tidemark/metrics';
import { readForgotten } from '@tidemark/topics/forgotten';
import { generationOf } from '@tidemark/topics/generation';
import { retentionIn } from '@tidemark/topics/retention';
import { checkCopies, asSet, topicsOfGeneration } from '@tidemark/topics/topics';
import { startTracing } from '@tidemark/tracing/tracing';
import { announcedVersions } from './announced-versions.ts';
import { CommitPace } from './commit-pace.ts';
import { onceReachable } from '@tidemark/kafka/retry';
import type { ProcessorContext } from './context.ts';
import { levelDisks } from './disk.ts';
import { factTables } from './facts-in-tables.ts';
import { type Processor, startProcessor, storedCodec } from './processor.ts';
import { processorSettings } from './settings.ts';
import { formatVersion } from './stamp.ts';
import { lockOnceWritable } from './store-lock.ts';
import { processorTelemetry } from './telemetry.ts';
import { type Verification, verifyFacts } from './verification.ts';
import { verificationTelemetry } from './verification-telemetry.ts';

// State records are many and small: they share slabs, larger than Node's usual eight kilobytes.
Buffer.poolSize = 64 * 1024;

const description = {
  name: 'processor',
  summary: 'The processor: events in, facts and counters out, exactly once.',
  settings: processorSettings,
  checks: [
    connectionOf,
    memberOptions,
    checkCopies,
    (all: SettingsOf<typeof processorSettings>) =>
      checkOps('processor', all.PROCESSOR_PORT, all.PROCESSOR_HOST, all.PROCESSOR_TOKEN),
  ],
  examples: ['KAFKA_BROKERS=127.0.0.1:9092 npm run start:processor'],
};

await runService(description, async ({ settings, log, shutdown, registry, fail }) => {
  const tracing = await startTracing('processor', settings, log, registry);
  if (tracing !== undefined) shutdown.add('traces', tracing.close);
  const clocks = watchClocks(registry, log);
  const client = openKafka(settings, log, clocks.report);
  const names = generationOf(settings.GENERATION, settings.KAFKA_PREFIX);
  const applicationId = names.own(settings.APPLICATION_ID);
  const eventTopics = families.map(names.eventsOf);
  const { facts, state, archive, counters, deadLetters } = names;
  const used = [...eventTopics, facts, state, archive, counters, deadLetters];
  let processor: Processor | undefined;
  let verification: Verification | undefined;
  let away: string | undefined = 'Kafka has not answered yet.';
  if (settings.PROCESSOR_PORT !== undefined) {
    const server = await startOpsServer({
      port: settings.PROCESSOR_PORT,
      host: settings.PROCESSOR_HOST,
      token: settings.PROCESSOR_TOKEN,
      service: 'processor',
      registry,
      waitingFor: () =>
        away === undefined
          ? [
              ...(processor?.waitingFor() ?? ['No partitions have been assigned yet.']),
              ...(verification?.wrong() ?? []),
            ]
          : [away],
      warnings: clocks.warnings,
      log,
    });
    shutdown.add('ops server', server.close);
  }
  const waitsFor = (reason: string | undefined): void => {
    away = reason;
  };
  const reached = <Result>(work: () => Promise<Result>): Promise<Result> =>
    onceReachable(work, log, shutdown.signal, waitsFor);
  const [partitions, cluster] = await reached(() =>
    Promise.all([commonPartitions(client, used), clusterId(client)]),
  );
  const wanted = asSet(topicsOfGeneration(partitions, names, settings.TOPIC_RETENTION), settings);
  await reached(() => checkTopics(client, wanted, settings.TOPIC_RETENTION));
  const storeDirectory = join(settings.STATE_DIR, applicationId);
  const definitions = definitionsWith({
    cartAbandonAfterMs: settings.CART_ABANDON_AFTER,
    fcrWindowMs: settings.FCR_WINDOW,
    supportHours: settings.SUPPORT_HOURS ?? null,
    lapseAfterMs: settings.LAPSE_AFTER,
    pastDueEndsAfterMs: settings.PAST_DUE_ENDS_AFTER ?? null,
    pauseCountsAs: settings.PAUSE_COUNTS_AS,
    replacementWindowMs: settings.REPLACEMENT_WINDOW,
  });
  const storeLock = await lockOnceWritable(storeDirectory, Date.now(), log, shutdown.signal, waitsFor);
  shutdown.add('state directory', storeLock.release);
  const context = {
    client,
    groupId: applicationId,
    families,
    names,
    partitions,
    retention: retentionIn(settings.EVENT_RETENTION),
    keepsFreeText: settings.FREE_TEXT === 'keep',
    definitions,
    announceVersions: announcedVersions(client, names.number, definitions, log),
    codec: storedCodec,
    factCodec: factBlockCodec(),
    stamp: { format: formatVersion, cluster, application: applicationId, partitions },
    storeDirectory,
    disks: levelDisks,
    forgotten: () => readForgotten(client),
    passesOverDeleted: settings.PROCESSOR_PASSES_OVER_DELETED,
    countersKeptMs: settings.COUNTERS_KEPT,
    cacheBytes: settings.CACHE_BYTES,
    storeBufferBytes: settings.STORE_BUFFER_BYTES,
    commitPace: new CommitPace(settings.COMMIT_INTERVAL),
    log,
    telemetry: processorTelemetry([registry]),
    tracing,
    now: Date.now,
  };
  const membership = { ...memberOptions(settings), busyTimeoutMs: settings.GROUP_BUSY_TIMEOUT };
  processor = startProcessor(context, membership, fail);
  registerLag(registry, processor);
  shutdown.add('processor', processor.stop);
  verification = verificationOf(settings, context, processor, registry);
  if (verification !== undefined) shutdown.add('verification', verification.stop);
  log.info({ partitions: context.partitions }, 'Processor started.');
});

/** Verifies the facts in ClickHouse; `undefined` when it is not known where that is. */
function verificationOf(
  settings: SettingsOf<typeof processorSettings>,
  { client, names, definitions, codec, log }: Omit<ProcessorContext, 'reader' | 'purchasesCounted'>,
  { running }: Processor,
  registry: Registry,
): Verification | undefined {
  const { PROCESSOR_CLICKHOUSE_URL: CLICKHOUSE_URL } = settings;
  if (CLICKHOUSE_URL === undefined) return undefined;
  const clickhouse = connectClickHouse({
    CLICKHOUSE_URL,
    CLICKHOUSE_USER: settings.PROCESSOR_CLICKHOUSE_USER,
    CLICKHOUSE_PASSWORD: settings.PROCESSOR_CLICKHOUSE_PASSWORD,
  });
  const {
    facts: topic,
    store,
    shared: { erasure },
  } = names;
  const endOf = async (partition: number): Promise<number> =>
    (await listOffsets(client, topic, [partition], 'end')).get(partition)!;
  const { stop, wrong } = verifyFacts(
    {
      running,
      definitions,
      codec,
      tables: factTables(clickhouse, store),
      topic,
      endOf,
      isErasing: async () => (await partitionCounts(client, [erasure])).has(erasure),
      telemetry: verificationTelemetry([registry]),
      log,
      random: Math.random,
    },
    settings.PROCESSOR_VERIFY_INTERVAL,
  );
  return {
    wrong,
    async stop() {
      await stop();
      await clickhouse.close();
    },
  };
}

function registerLag(registry: Registry, processor: Processor): void {
  new Gauge({
    name: 'tidemark_processor_lag_records',
    help: 'Records received by Kafka and not yet counted.',
    labelNames: ['family', 'partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const runner of processor.running())
        for (const [family, records] of runner.lag)
          this.set({ family, partition: runner.partition }, records);
    },
  });
}

/** The number of partitions that all topics share: task n works on partition n of each. */
async function commonPartitions(client: KafkaClient, names: readonly string[]): Promise<number> {
  const counts = await partitionCounts(client, names);
  const [partitions = 0] = counts.values();
  const wrong = names.filter((name) => counts.get(name) !== partitions);
  if (partitions > 0 && wrong.length === 0) return partitions;
  const found = names.map((name) => `${name} ${counts.get(name) ?? 'missing'}`).join(', ');
  throw new Failure(
    'kafka.topics',
    `all topics must have the same number of partitions; they have: ${found}`,
  );
}
