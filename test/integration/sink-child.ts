/**
 * The one owner of some partitions, without a group: what the sink does between a plan and its commit, in a process that a
 * test can kill at any moment and start again at once (a group would first miss the dead member for seconds).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { openKafka } from '@tidemark/kafka/client';
import { committedOffsets, offsetTopics } from '@tidemark/kafka/offsets';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { list, readSettings, text } from '@tidemark/service/settings';
import { runtimeKinds } from '@tidemark/runtime/kinds';
import { rowWriters } from '../../services/sink/rows.ts';
import { runSession } from '../../services/sink/session.ts';
import { sinkTelemetry } from '../../services/sink/telemetry.ts';

const table = {
  ...kafkaSettings,
  ...clickHouseSettings,
  GROUP: text('The group whose offsets are used.'),
  TOPIC: text('Where the facts are.'),
  PARTITIONS: list('Which of its partitions are owned.'),
};
const settings = readSettings(table, process.env);
const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }, pino.destination(2));
const kafka = openKafka(settings, log);
const partitions = settings.PARTITIONS.map(Number);
const cluster = kafka.newCluster();
await cluster.connect();
await cluster.refreshMetadata();
const coordinator = await cluster.findGroupCoordinator({ groupId: settings.GROUP, coordinatorType: 0 });
const outOfGroup = { groupId: settings.GROUP, memberId: '', groupGenerationId: -1 };

const context = {
  kafka,
  clickhouse: connectClickHouse(settings),
  topic: settings.TOPIC,
  codec: factBlockCodec(),
  writers: rowWriters(new Map(Object.entries(runtimeKinds))),
  telemetry: sinkTelemetry(log, new Registry()),
  limits: { blockBytesMax: 20_000, aheadBytesMax: 80_000, blockIntervalMs: 0 },
};
const assignment = {
  partitions,
  committed: () =>
    committedOffsets(
      kafka,
      settings.GROUP,
      partitions.map((partition) => ({ topic: settings.TOPIC, partition })),
    ),
  commit: async (offsets: Parameters<typeof offsetTopics>[0]) => {
    await coordinator.offsetCommit({ ...outOfGroup, topics: offsetTopics(offsets) });
  },
};
process.stdout.write('running\n');
// Ended by a kill alone.
await Promise.race([runSession(context, assignment, new AbortController().signal), sleep(600_000)]);
