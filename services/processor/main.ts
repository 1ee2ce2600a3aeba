/**
 * The processor: keeps every entity's history, folds it into facts and counters.
 *
 * **Delivery guarantee**: exactly once. Facts, counters, changelog, dead letters, moved records and the offsets they
 * follow from are one Kafka transaction; each partition number has a transactional id of its own, and whoever takes it over
 * fences the owner before.
 *
 * **Back pressure**: a task takes in some 20,000 records at most and then asks Kafka for no more until half are counted.
 */
import { join } from 'node:path';
import { Gauge } from 'prom-client';
import { decodeEvent } from '../events/codec.ts';
import { decodeCounters, encodeCounters } from '../events/counter-codec.ts';
import { factBlockCodec } from '../events/fact-block-codec.ts';
import { families, topicOf } from '../events/families.ts';
import { clusterId, partitionCounts } from '../kafka/admin.ts';
import { openKafka } from '../kafka/client.ts';
import { runGroup, type Group } from '../kafka/group.ts';
import { Failure } from '../kit/failures.ts';
import { createLog } from '../kit/log.ts';
import { serviceRegistry, startOpsServer } from '../kit/ops-server.ts';
import { readSettings, settingsHelp } from '../kit/settings.ts';
import { orderlyShutdown } from '../kit/shutdown.ts';
import { definitionsWith } from '../metrics/index.ts';
import type { ProcessorContext } from './context.ts';
import { processorSettings } from './settings.ts';
import { Tasks } from './tasks.ts';
import { processorTelemetry } from './telemetry.ts';

if (process.argv.includes('--help')) {
  process.stdout.write(`The processor: events in, facts and counters out, exactly once.

  KAFKA_BROKERS=127.0.0.1:9092 npm run start:processor

Settings, from the environment:
${settingsHelp(processorSettings)}
`);
  process.exit(0);
}

const settings = readSettings(processorSettings, process.env);
const log = createLog('processor', settings.LOG_LEVEL);
const shutdown = orderlyShutdown(log);
const registry = serviceRegistry('processor');
const client = openKafka(settings, log);

const topics = families.map(topicOf);
const partitions = await commonPartitions([...topics, 'facts', 'state', 'counters', 'dead-letters']);
const telemetry = processorTelemetry([registry]);

let group: Group | undefined;
const context: ProcessorContext = {
  client,
  reader: () => {
    if (group === undefined) throw new Error('asked to read before the group was joined');
    return group;
  },
  groupId: settings.APPLICATION_ID,
  families,
  partitions,
  definitions: definitionsWith({
    cartAbandonAfterMs: settings.CART_ABANDON_AFTER,
    fcrWindowMs: settings.FCR_WINDOW,
    lapseAfterMs: settings.LAPSE_AFTER,
  }),
  codec: {
    decodeEvent(family, bytes) {
      const decoded = decodeEvent(family, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      if (!decoded.ok) throw new Error(`a stored ${family} event cannot be read: ${decoded.message}`);
      return decoded.event;
    },
    encodeCounters,
    decodeCounters,
  },
  factCodec: factBlockCodec(),
  origin: `${await clusterId(client)}/${settings.APPLICATION_ID}`,
  storeDirectory: join(settings.STATE_DIR, settings.APPLICATION_ID),
  cachedEntitiesMax: settings.CACHED_ENTITIES,
  commitIntervalMs: settings.COMMIT_INTERVAL,
  log,
  telemetry,
  now: Date.now,
};

const onFatal = (error: unknown): void => {
  log.fatal({ err: error }, 'The processor cannot go on.');
  void shutdown.end(1);
};
const tasks = new Tasks(context, onFatal);
let isAssigned = false;

new Gauge({
  name: 'processor_lag_records',
  help: 'Records received by Kafka and not yet counted.',
  labelNames: ['family', 'partition'],
  registers: [registry],
  collect() {
    this.reset();
    for (const runner of tasks.running)
      for (const [family, records] of runner.lag) this.set({ family, partition: runner.partition }, records);
  },
});

group = runGroup(client, {
  groupId: settings.APPLICATION_ID,
  topics,
  onAssigned: async (assigned) => {
    await tasks.assign(assigned);
    isAssigned = true;
  },
  onRevoked: async () => tasks.suspend(),
  onBatch: (delivery) => tasks.deliver(delivery),
  onFatal,
});
const joined = group;
shutdown.add('tasks', () => tasks.stop());
shutdown.add('group', () => joined.stop());

if (settings.PROCESSOR_PORT !== undefined) {
  const server = await startOpsServer({
    port: settings.PROCESSOR_PORT,
    registry,
    waitingFor: () => [
      ...(isAssigned ? [] : ['No partitions have been assigned yet.']),
      ...tasks.starting.map((partition) => `Partition ${partition} is being restored.`),
    ],
    log,
  });
  shutdown.add('ops server', server.close);
}
log.info({ partitions }, 'Processor started.');

/** The number of partitions that all topics share: task n works on partition n of each. */
async function commonPartitions(names: readonly string[]): Promise<number> {
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
