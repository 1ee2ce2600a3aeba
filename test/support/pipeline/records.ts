/** Events as posted, as records of Kafka. */
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { topicOf } from '@tidemark/events/families';
import { acceptJson } from '@tidemark/events/validate';
import { partitionOf } from '@tidemark/events/partition-of';
import type { Send } from '../../../packages/kafka/send-plan.ts';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';

/** Which partition an entity's record is put into. */
export type Partitioner = (entityKey: string, partitions: number) => number;

/**
 * Events as the sends that publish them, each to the partition that `partitioner` names, by default its entity's.
 *
 * @param source The publishing system, for those that name none.
 * @throws Error when the collector would refuse one.
 */
export function sendsOf(
  events: readonly ContractEvent[],
  partitions: number,
  source: string,
  partitioner: Partitioner = partitionOf,
): Send[] {
  return events.map((posted) => {
    const verdict = acceptJson(JSON.parse(JSON.stringify(posted)), {
      now: Date.now(),
      defaultSource: source,
    });
    if (!verdict.ok)
      throw new Error(`refused: ${JSON.stringify(posted)}: ${verdict.errors[0]?.message ?? ''}`);
    const { event } = verdict;
    const key = entityKeyOf(event);
    const record = { key: Buffer.from(key), value: encodeEvent(event) };
    return {
      topic: topicOf(familyOf(event.type), ''),
      partition: partitioner(key, partitions),
      records: [record],
    };
  });
}
