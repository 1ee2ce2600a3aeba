import { listOffsets } from '@tidemark/kafka/offsets';
import { topicIdentity } from '@tidemark/kafka/topic-identity';
import { decodePlan } from './plan.ts';
import { recordPositions } from './positions.ts';
import type { Assignment, SessionContext } from './session-context.ts';
import { type Known, type Origin, type Start, startOf, unrecorded } from './start.ts';

/** Where a session begins, and under which origin it records its positions. */
export type Resumed = { readonly origin: Origin; readonly starts: readonly Start[] };

/**
 * Finds where the assigned partitions are to be carried on, from the committed offsets and from the positions recorded
 * with the tables.
 *
 * @throws Failure `sink.positions` when going on would count facts twice or never; `kafka.generation-over` when the group went on
 *   meanwhile; `kafka.…`, `clickhouse.…`.
 */
export async function resume(
  context: SessionContext,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<Resumed> {
  const { kafka, tables, topic, telemetry } = context;
  const { clusterId, topicId } = await topicIdentity(kafka, topic);
  const origin = { group: assignment.group, clusterId, topicId };
  // In this order: what another instance does meanwhile, it records before it inserts.
  const { committed, alongside } = await committedWithPlans(assignment);
  const hasFacts = await tables.haveFacts([...context.writers.keys()]);
  const recorded = await tables.positions(topic);
  const logStarts = await listOffsets(kafka, topic, assignment.partitions, 'start');
  const logEnds = await listOffsets(kafka, topic, assignment.partitions, 'end');
  // Another instance may have gone on between two of these, while this one was halted: then they do not belong together.
  await assignment.confirm();
  const known = { topic, origin, committed, alongside, recorded, hasFacts, logStarts, logEnds };
  const starts = startOf(known);
  const first = unrecorded(known).map((one) => ({ topic, ...one }));
  if (first.length > 0) await recordPositions(tables, origin, first, signal, telemetry);
  const recovered = starts.filter(({ by }) => by === 'position');
  if (recovered.length > 0) telemetry.recovered(recovered);
  telemetry.begun();
  return { origin, starts };
}

/**
 * The offsets of the assigned partitions, and those of other partitions that are planned in the same blocks, since a block
 * is inserted again as a whole.
 */
async function committedWithPlans({
  partitions,
  committed,
}: Assignment): Promise<Pick<Known, 'committed' | 'alongside'>> {
  let asked = partitions;
  for (;;) {
    const found = await committed(asked);
    const own = found.filter(({ partition }) => partitions.includes(partition));
    const planned = own
      .flatMap(({ metadata }) => decodePlan(metadata) ?? [])
      .map(({ partition }) => partition);
    const missing = planned.filter((partition) => !asked.includes(partition));
    if (missing.length === 0) return { committed: own, alongside: found.filter((one) => !own.includes(one)) };
    asked = [...new Set([...partitions, ...planned])];
  }
}
