import { partitionCounts } from '@tidemark/kafka/admin';
import { listOffsets } from '@tidemark/kafka/offsets';
import { topicIdentity } from '@tidemark/kafka/topic-identity';
import { haveFacts, readPositions, recordPositions } from './positions.ts';
import type { Assignment, SessionContext } from './session-context.ts';
import { type Origin, type Start, startOf, unknownFacts, unrecorded } from './start.ts';

/** Where a session begins, and under which origin it records its positions. */
export type Resumed = { readonly origin: Origin; readonly starts: readonly Start[] };

/**
 * Finds where the assigned partitions are to be carried on, from the committed offsets and from the positions recorded
 * with the tables. Tables from before positions were recorded are taken to be as the committed offsets say.
 *
 * @throws Failure `sink.positions` when going on would count facts twice or never; `kafka.…`, `clickhouse.…`.
 */
export async function resume(
  context: SessionContext,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<Resumed> {
  const { kafka, clickhouse, topic, telemetry } = context;
  const { clusterId, topicId } = await topicIdentity(kafka, topic);
  const origin = { group: assignment.group, clusterId, topicId };
  // In this order: what is recorded later than it was committed is then never missed.
  const committed = await assignment.committed(assignment.partitions);
  let recorded = await readPositions(clickhouse, topic);
  const hasFacts = await haveFacts(clickhouse, [...context.writers.keys()]);
  if (recorded.length === 0 && hasFacts) {
    await adopt(context, assignment, origin, signal);
    recorded = await readPositions(clickhouse, topic);
  }
  const logStarts = await listOffsets(kafka, topic, assignment.partitions, 'start');
  const known = { topic, origin, committed, recorded, hasFacts, logStarts };
  const starts = startOf(known);
  const late = unrecorded(known).map((one) => ({ topic, ...one }));
  if (late.length > 0) await recordPositions(clickhouse, origin, late, signal, telemetry);
  const recovered = starts.filter(({ isRecovered }) => isRecovered);
  if (recovered.length > 0) telemetry.recovered(recovered);
  return { origin, starts };
}

async function adopt(
  { kafka, clickhouse, topic, telemetry }: SessionContext,
  assignment: Assignment,
  origin: Origin,
  signal: AbortSignal,
): Promise<void> {
  const count = (await partitionCounts(kafka, [topic])).get(topic) ?? 0;
  const committed = await assignment.committed(Array.from({ length: count }, (_, partition) => partition));
  const known = committed.flatMap(({ partition, offset, metadata }) =>
    offset === undefined ? [] : [{ topic, partition, offset, metadata }],
  );
  if (known.length === 0) throw unknownFacts(origin);
  await recordPositions(clickhouse, origin, known, signal, telemetry);
}
