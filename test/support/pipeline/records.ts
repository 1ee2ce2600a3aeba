/** Events as posted, as records of Kafka. */
import { encodeEvent } from '../../../services/events/codec.ts';
import { entityKeyOf, familyOf } from '../../../services/events/entity.ts';
import { topicOf } from '../../../services/events/families.ts';
import { acceptJson } from '../../../services/events/validate.ts';
import { partitionOf } from '../../../services/kafka/partition-of.ts';
import type { Send } from '../../../services/kafka/send-plan.ts';
import type { ContractEvent } from '../../oracle/base.ts';

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
      topic: topicOf(familyOf(event.type)),
      partition: partitioner(key, partitions),
      records: [record],
    };
  });
}
