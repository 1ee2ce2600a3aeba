/**
 * What the sink does between a plan and its commit, in a process that a test can kill at a named step and start again at once.
 * It owns some partitions without a group, because a group would wait some seconds for the dead member.
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
import { runtimeFacts } from '@tidemark/metrics/trust/facts';
import { sinkMember } from '../../services/sink/member.ts';
import { rowWriters } from '../../services/sink/rows.ts';
import { clickHouseTables, positionsTable, type Tables } from '../../services/sink/tables.ts';
import { sinkTelemetry } from '../../services/sink/telemetry.ts';
import type { StepOfBlock } from './steps-of-block.ts';

const table = {
  ...kafkaSettings,
  ...clickHouseSettings,
  GROUP: text('The group whose offsets are used.'),
  TOPIC: text('Where the facts are.'),
  PARTITIONS: list('Which of its partitions are owned.'),
  STOP_AT: text('The step at which it stops for good, a key of `stepsOfBlock`; at none when empty.', ''),
};
const never = new Promise<never>(() => undefined);
const settings = readSettings(table, process.env);
const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }, pino.destination(2));
const kafka = openKafka(settings, log);
const partitions = settings.PARTITIONS.map(Number);
const cluster = kafka.newCluster();
await cluster.connect();
await cluster.refreshMetadata();
const coordinator = await cluster.findGroupCoordinator({ groupId: settings.GROUP, coordinatorType: 0 });
const outOfGroup = { groupId: settings.GROUP, memberId: '', groupGenerationId: -1 };

/** Reports the step and never returns, when it is the one to stop at. */
async function at(step: StepOfBlock): Promise<void> {
  if (step !== settings.STOP_AT) return;
  process.stdout.write(`at ${step}\n`);
  await never;
}

const telemetry = sinkTelemetry(log, new Registry());
let firstKind: string | undefined;
/** A block of its own, not one that was planned before, is inserted. */
let isInserted = false;
let isReplay = false;

/** Tables that, where half of a block is to be inserted, take the facts of one kind alone. */
function half(tables: Tables): Tables {
  return {
    ...tables,
    async insert(insert, signal) {
      if (insert.kind !== positionsTable) firstKind ??= insert.kind;
      if (insert.kind !== positionsTable && insert.kind !== firstKind) await never;
      return tables.insert(insert, signal);
    },
  };
}

const tables = clickHouseTables(connectClickHouse(settings), 'tidemark_store');
const context = {
  kafka,
  tables: settings.STOP_AT === 'half inserted' ? half(tables) : tables,
  topic: settings.TOPIC,
  codec: factBlockCodec(),
  writers: rowWriters(new Map(Object.entries(runtimeFacts))),
  telemetry: {
    ...telemetry,
    inserted: (...args: Parameters<typeof telemetry.inserted>) => {
      telemetry.inserted(...args);
      void at('half inserted');
    },
    replaying: (...args: Parameters<typeof telemetry.replaying>) => {
      telemetry.replaying(...args);
      isReplay = true;
    },
    blockDone: () => {
      telemetry.blockDone();
      if (!isReplay) isInserted = true;
      isReplay = false;
    },
  },
  limits: { blockBytesMax: 20_000, aheadBytesMax: 80_000, blockIntervalMsMax: 0 },
};
const assignment = {
  group: settings.GROUP,
  partitions,
  committed: (asked: readonly number[]) =>
    committedOffsets(
      kafka,
      settings.GROUP,
      asked.map((partition) => ({ topic: settings.TOPIC, partition })),
    ),
  // Outside of a group there is no other generation.
  confirm: () => Promise.resolve(),
  commit: async (offsets: Parameters<typeof offsetTopics>[0]) => {
    const isPlan = offsets.some(({ metadata }) => metadata !== '');
    if (isInserted) await at('inserted');
    if (isPlan) await at('before the plan');
    await coordinator.offsetCommit({ ...outOfGroup, topics: offsetTopics(offsets) });
    if (isPlan) await at('planned');
    else if (isInserted) await at('done');
  },
};
// Ended by a kill alone.
sinkMember(context, log, (error) => {
  throw error;
}).assigned(assignment);
await sleep(600_000);
