import { Failure } from '@tidemark/service/failures';
import { decodePlan, type Plan } from './plan.ts';

/** Whose facts are in the tables: another group, cluster or topic has other offsets. */
export type Origin = { readonly group: string; readonly clusterId: string; readonly topicId: string };

/** Where the tables stand in a partition. */
export type RecordedPosition = {
  readonly partition: number;
  /** Every record before it is in the tables. */
  readonly next: number;
  /** The encoded plan of the block that begins there and may be in the tables; empty for none. */
  readonly plan: string;
  readonly origin: Origin;
};

/** What Kafka and ClickHouse say when a session begins. */
export type Known = {
  readonly topic: string;
  readonly origin: Origin;
  /** The partitions of this instance, with the offset and the metadata committed, if any were. */
  readonly committed: readonly {
    readonly partition: number;
    readonly offset: number | undefined;
    readonly metadata: string;
  }[];
  /** Of every partition that has any. */
  readonly recorded: readonly RecordedPosition[];
  /** Whether the tables have rows. */
  readonly hasFacts: boolean;
  /** The first offset of each of this instance's partitions that Kafka still has. */
  readonly logStarts: ReadonlyMap<number, number>;
};

/** Where a partition is to be carried on. */
export type Start = {
  readonly partition: number;
  /** The first offset to be read, behind the plans. */
  readonly next: number;
  /** Blocks to be inserted again first: each may be in the tables already. */
  readonly plans: readonly Plan[];
  /** Whether Kafka's own offset was of no use and the one recorded with the tables stands for it. */
  readonly isRecovered: boolean;
};

type Committed = Known['committed'][number];
type CommittedPosition = Committed & { readonly offset: number };

const page = 'docs/runbooks/sink-positions.md';
const anew = `drop the databases tidemark and tidemark_store, run \`npm run sink:forget-offsets\`, and start again: the facts that Kafka still has are inserted anew; see ${page}`;

/** A refusal to go on, with the way out. */
export const refusal = (what: string, wayOut: string): Failure =>
  new Failure('sink.positions', `${what}. Stop all sinks; ${wayOut}`);

/** The tables have rows, and nothing says of which facts. */
export function unknownFacts({ group }: Origin): Failure {
  return refusal(
    `The tables have facts, but neither Kafka (group ${group}) nor tidemark_store.sink_positions knows which: all would be counted twice`,
    anew,
  );
}

/**
 * Where each partition is to be carried on, so that every fact is counted once. The offsets committed to Kafka lead: the
 * positions are recorded after each commit, so they are at most one commit behind. Where Kafka has forgotten its
 * offsets, or has older ones, the positions stand for them.
 *
 * @throws Failure `sink.positions` when the tables are of another group, cluster or topic, or lack facts that were
 *   committed as inserted.
 */
export function startOf(known: Known): Start[] {
  for (const { origin } of known.recorded) checkOrigin(known, origin);
  return known.committed.map((committed) => {
    const recorded = known.recorded.find(({ partition }) => partition === committed.partition);
    checkFacts(known, committed, recorded);
    return recorded === undefined
      ? withoutRecord(known, committed)
      : withRecord(known, { ...committed, recorded });
  });
}

function checkOrigin({ topic, origin }: Known, found: Origin): void {
  if (found.clusterId !== origin.clusterId) {
    throw refusal(
      `The tables were filled from Kafka cluster ${found.clusterId}, this is ${origin.clusterId}: its offsets mean other facts`,
      `set KAFKA_BROKERS to the cluster of before; or ${anew}`,
    );
  }
  if (found.topicId !== origin.topicId) {
    throw refusal(
      `Topic ${topic} was made anew since the tables were filled: its offsets mean other facts`,
      anew,
    );
  }
  if (found.group !== origin.group) {
    throw refusal(
      `The tables were filled by group ${found.group}, this is ${origin.group}: all would be counted twice`,
      `set SINK_GROUP to ${found.group}; or ${anew}`,
    );
  }
}

/** Refuses when a block is known to have been inserted, and there is not a row. */
function checkFacts(known: Known, committed: Committed, recorded: RecordedPosition | undefined): void {
  if (known.hasFacts) return;
  const logStart = known.logStarts.get(committed.partition) ?? 0;
  const wasInserted = (committed.offset ?? 0) > logStart && committed.metadata === '';
  if (!wasInserted && recorded?.plan !== '') return;
  throw refusal(
    `The tables are empty, but partition ${committed.partition} of ${known.topic} is known to be inserted up to offset ${committed.offset ?? recorded?.next}: the facts before it would never be counted`,
    anew,
  );
}

function withoutRecord(known: Known, { partition, offset, metadata }: Committed): Start {
  const logStart = known.logStarts.get(partition) ?? 0;
  const plan = decodePlan(metadata);
  if (offset === undefined) return { partition, next: logStart, plans: [], isRecovered: false };
  // Its first block was planned; or somebody set the offset back to the begin of the log.
  if (offset <= logStart)
    return { partition, next: endOf(partition, offset, plan), plans: planList(plan), isRecovered: false };
  throw behind(known, partition, offset, 'nothing');
}

function withRecord(
  known: Known,
  { partition, offset, metadata, recorded }: Committed & { readonly recorded: RecordedPosition },
): Start {
  const recordedPlan = decodePlan(recorded.plan);
  const end = endOf(partition, recorded.next, recordedPlan);
  if (offset === undefined || offset < recorded.next)
    return { partition, next: end, plans: planList(recordedPlan), isRecovered: true };
  const plan = decodePlan(metadata);
  if (offset === recorded.next) {
    const pending = recordedPlan ?? plan;
    return {
      partition,
      next: endOf(partition, offset, pending),
      plans: planList(pending),
      isRecovered: false,
    };
  }
  // One commit behind: the sink died, or ClickHouse lost power, before the position was recorded. The block is repeated.
  if (offset === end)
    return {
      partition,
      next: endOf(partition, offset, plan),
      plans: [...planList(recordedPlan), ...planList(plan)],
      isRecovered: false,
    };
  throw behind(known, partition, offset, `offset ${end}`);
}

function behind({ topic, origin }: Known, partition: number, offset: number, reach: string): Failure {
  return refusal(
    `Group ${origin.group} stands at offset ${offset} in partition ${partition} of ${topic}, the tables have facts up to ${reach}: those between would never be counted. Were they restored from a backup?`,
    `when the backup was made while no sink ran, run \`npm run sink:forget-offsets\` and start again: the facts are inserted from where the tables stand; otherwise ${anew}`,
  );
}

/**
 * What was committed and is not recorded, because a sink died between the two. It is to be recorded before a block is
 * repeated: the positions may never be more than one commit behind, however often sinks die.
 */
export function unrecorded({ committed, recorded }: Known): CommittedPosition[] {
  return committed.flatMap(({ partition, offset, metadata }) => {
    if (offset === undefined) return [];
    const found = recorded.find((one) => one.partition === partition);
    const isAhead =
      found === undefined ||
      offset > found.next ||
      (offset === found.next && metadata !== '' && found.plan === '');
    return isAhead ? [{ partition, offset, metadata }] : [];
  });
}

/** The offset behind the plan, or the given one where there is none. */
function endOf(partition: number, offset: number, plan: Plan | undefined): number {
  if (plan === undefined) return offset;
  const range = plan.find((one) => one.partition === partition);
  if (range === undefined || range.first < offset)
    throw new Failure(
      'sink.positions',
      `the plan at offset ${offset} of partition ${partition} is not of this place: was it written by another program?`,
    );
  return range.last + 1;
}

function planList(plan: Plan | undefined): readonly Plan[] {
  return plan === undefined ? [] : [plan];
}
