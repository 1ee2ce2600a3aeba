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
  /** How often the sinks had gone by the tables alone when it was recorded. */
  readonly recoveries: number;
  readonly origin: Origin;
};

/** What Kafka and ClickHouse say when a session begins. */
export type Known = {
  readonly topic: string;
  readonly origin: Origin;
  /** The partitions of this instance, with the offset and the metadata committed, if any were. */
  readonly committed: readonly Committed[];
  /** The same of partitions of others that are planned in the same blocks. */
  readonly alongside: readonly Committed[];
  /** Of every partition that has any. */
  readonly recorded: readonly RecordedPosition[];
  /** Whether the tables have rows. */
  readonly hasFacts: boolean;
  /** The first offset of each of this instance's partitions that Kafka still has. */
  readonly logStarts: ReadonlyMap<number, number>;
  /** The offset behind the last record of each of them. */
  readonly logEnds: ReadonlyMap<number, number>;
};

type Committed = {
  readonly partition: number;
  readonly offset: number | undefined;
  readonly metadata: string;
};

/** Where a partition is to be carried on. */
export type Start = {
  readonly partition: number;
  /** The first offset to be read, behind the plan. */
  readonly next: number;
  /** A block to be inserted again first: it may be in the tables already. */
  readonly plan: Plan | undefined;
  /** What says so: Kafka's offset; the position in the tables, where that one is lost or too old; or nothing, it is the first. */
  readonly by: 'offset' | 'position' | 'nothing';
  /** How often the sinks have gone by the tables alone, this time too. */
  readonly recoveries: number;
};

/** What is to be recorded before a session does anything else. */
export type Unrecorded = {
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
  readonly recoveries: number;
};

const page = 'docs/runbooks/sink-positions.md';
const anew = `drop the databases tidemark and tidemark_store, run \`npx tidemark sink forget-offsets\`, and start again: the facts that Kafka still has are inserted anew; see ${page}`;

const refusal = (what: string, wayOut: string): Failure =>
  new Failure('sink.positions', `${what}. Stop all sinks; ${wayOut}`);

/**
 * Where each partition is to be carried on, so that every fact is counted once. What is recorded with the tables is
 * exact by itself: the rows of a block are inserted only after its plan was recorded. It follows each commit, so it is at
 * most one commit behind Kafka's offsets. Where Kafka has forgotten these, or has older ones, it stands for them.
 *
 * @throws Failure `sink.positions` when the tables are of another group, cluster or topic, when they lack facts that were
 *   committed as inserted, or when Kafka has deleted facts that they lack, or lost some that they have.
 */
export function startOf(known: Known): Start[] {
  for (const { origin } of known.recorded) checkOrigin(known, origin);
  if (known.recorded.length === 0 && known.hasFacts) throw unknownFacts(known.origin);
  return known.committed.map((committed) => {
    const recorded = recordedOf(known, committed);
    checkFacts(known, committed, recorded);
    const start =
      recorded === undefined ? withoutRecord(known, committed) : withRecord(known, committed, recorded);
    return withinRetention(known, beforeEnd(known, start));
  });
}

/**
 * What is to be recorded first. What was committed, where a sink died before it had recorded it: the positions may never
 * be more than one commit behind, however often sinks die; so too of the partitions of others whose facts are in a block that is
 * inserted again. And what a session goes by that has no offset to go by, with one recovery more: what a sink of before has
 * under way counts for less from now on, whatever it planned there.
 */
export function unrecorded(known: Known): Unrecorded[] {
  const { committed, alongside, logStarts } = known;
  const own = committed.flatMap((one) => {
    const { partition, offset } = one;
    const found = recordedOf(known, one);
    if (found === undefined)
      return [{ partition, offset: logStarts.get(partition) ?? 0, metadata: '', recoveries: 0 }];
    if (offset === undefined || offset < found.next)
      return [{ partition, offset: found.next, metadata: found.plan, recoveries: found.recoveries + 1 }];
    return notYet(one, found);
  });
  const plans = new Set(committed.map(({ metadata }) => metadata).filter((metadata) => metadata !== ''));
  const planned = alongside.filter(({ metadata }) => plans.has(metadata));
  return [...own, ...planned.flatMap((one) => notYet(one, recordedOf(known, one)))];
}

function recordedOf({ recorded }: Known, { partition }: Committed): RecordedPosition | undefined {
  return recorded.find((one) => one.partition === partition);
}

/** What was committed of a partition, unless it is recorded. */
function notYet(
  { partition, offset, metadata }: Committed,
  found: RecordedPosition | undefined,
): readonly Unrecorded[] {
  if (offset === undefined) return [];
  const { next, plan, recoveries } = found ?? { next: -1, plan: '', recoveries: 0 };
  const isAhead = offset > next || (offset === next && metadata !== '' && plan === '');
  return isAhead ? [{ partition, offset, metadata, recoveries }] : [];
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

function unknownFacts({ group }: Origin): Failure {
  return refusal(
    `The tables have facts, but tidemark_store.sink_positions does not say up to which offsets of group ${group}: facts would be counted twice or never`,
    `when this group filled them and they were not touched since, run \`npx tidemark sink adopt-offsets\` and start again; otherwise ${anew}`,
  );
}

/** Refuses when a block is known to have been inserted, and there is not a row. */
function checkFacts(known: Known, committed: Committed, recorded: RecordedPosition | undefined): void {
  if (known.hasFacts) return;
  const logStart = known.logStarts.get(committed.partition) ?? 0;
  const wasInserted = (committed.offset ?? 0) > logStart && committed.metadata === '';
  const wasRecorded = recorded?.plan === '' && recorded.next > logStart;
  if (!wasInserted && !wasRecorded) return;
  throw refusal(
    `The tables are empty, but partition ${committed.partition} of ${known.topic} is known to be inserted up to offset ${committed.offset ?? recorded?.next}: the facts before it would never be counted`,
    anew,
  );
}

/** The first session of a partition records where it begins before it commits anything. */
function withoutRecord(known: Known, { partition, offset }: Committed): Start {
  if (offset !== undefined) throw behind(known, partition, offset, undefined);
  const next = known.logStarts.get(partition) ?? 0;
  return { partition, next, plan: undefined, by: 'nothing', recoveries: 0 };
}

function withRecord(
  known: Known,
  { partition, offset, metadata }: Committed,
  recorded: RecordedPosition,
): Start {
  const recordedPlan = decodePlan(recorded.plan);
  const end = endOf(partition, recorded.next, recordedPlan);
  const { recoveries } = recorded;
  if (offset === undefined || offset < recorded.next)
    return { partition, next: end, plan: recordedPlan, by: 'position', recoveries: recoveries + 1 };
  // Committed and recorded, or committed as the next step and not recorded: as planned, or as done.
  if (offset !== recorded.next && offset !== end) throw behind(known, partition, offset, end);
  const plan = decodePlan(metadata) ?? (offset === recorded.next ? recordedPlan : undefined);
  return { partition, next: endOf(partition, offset, plan), plan, by: 'offset', recoveries };
}

function behind(known: Known, partition: number, offset: number, reached: number | undefined): Failure {
  const { topic, origin } = known;
  const logStart = known.logStarts.get(partition) ?? 0;
  if (reached !== undefined && reached + 1 < logStart) return deleted(topic, partition, reached, logStart);
  return refusal(
    `Group ${origin.group} stands at offset ${offset} in partition ${partition} of ${topic}, the tables have facts up to ${reached === undefined ? 'nothing' : `offset ${reached}`}: those between would never be counted. The tables may be of an older backup`,
    `when the backup was made while no sink ran, run \`npx tidemark sink forget-offsets\` and start again: the facts are inserted from where the tables stand; otherwise ${anew}`,
  );
}

/** Facts from an offset on are in neither the tables nor the topic. */
function deleted(topic: string, partition: number, needed: number, logStart: number): Failure {
  return refusal(
    `Kafka has deleted the facts of partition ${partition} of ${topic} from offset ${needed} to ${logStart - 1}, which are not in the tables: they would never be counted`,
    'restore a backup of ClickHouse that has them; without one, count them anew with `npx tidemark rebuild-views` as docs/runbooks/rebuild-views.md says',
  );
}

/** Refuses when the tables have facts that Kafka has lost: what it gets at their offsets would never be counted. */
function beforeEnd({ topic, logEnds }: Known, start: Start): Start {
  const { partition, next } = start;
  const logEnd = logEnds.get(partition);
  if (logEnd === undefined || next <= logEnd) return start;
  throw refusal(
    `The tables have facts of partition ${partition} of ${topic} up to offset ${next}, and Kafka has them up to ${logEnd}: it has lost its end. Its disks may be of an older copy`,
    `then go on as docs/runbooks/kafka-lost.md says; in short: ${anew}`,
  );
}

/**
 * Refuses when facts are needed that Kafka has deleted. One offset may be missing: behind the last fact that was
 * inserted stands the marker of its transaction.
 */
function withinRetention({ topic, logStarts }: Known, start: Start): Start {
  const { partition, next, plan } = start;
  const needed = plan?.find((one) => one.partition === partition)?.first ?? next;
  const logStart = logStarts.get(partition) ?? 0;
  if (needed >= logStart) return start;
  if (plan === undefined && next + 1 === logStart) return { ...start, next: logStart, by: 'position' };
  throw deleted(topic, partition, needed, logStart);
}

/** The offset behind the plan, or the given one where there is none. */
function endOf(partition: number, offset: number, plan: Plan | undefined): number {
  if (plan === undefined) return offset;
  const range = plan.find((one) => one.partition === partition);
  if (range === undefined || range.first < offset)
    throw refusal(
      `The plan at offset ${offset} of partition ${partition} is not of this place: another program has written it`,
      anew,
    );
  return range.last + 1;
}
