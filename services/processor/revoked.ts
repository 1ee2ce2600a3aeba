import { encodeEvent } from '@tidemark/events/codec';
import { topicOf } from '@tidemark/events/families';
import type { Send } from '@tidemark/kafka/transactional-producer';
import type { Audit } from '@tidemark/runtime/audit';
import { deadLetterRecord } from './outgoing.ts';
import type { Revoked } from './suspects.ts';
import type { Telemetry } from './telemetry.ts';

/** An event of the state has no place in its topic any more. */
const noOffset = -1;

/** The dead letters of events that the state gives up, each counted. The state knows their ids, so they cannot be re-published. */
export function revokedDeadLetters(
  revoked: readonly Revoked[],
  partition: number,
  now: number,
  telemetry: Telemetry,
  audit: Audit,
): Send[] {
  const records = revoked.map(({ family, key, event, message }) => {
    const { source } = event;
    telemetry.deadLetters.inc({ family, reason: 'uncountable' });
    audit.add('dead_lettered', family, source, now);
    const record = {
      offset: noOffset,
      timestamp: now,
      key: Buffer.from(key),
      value: encodeEvent(event),
      headers: {},
    };
    const letter = {
      family,
      source,
      reason: 'uncountable',
      path: '$',
      message: `${message}; to have it counted after the fix, publish it under another event_id.`,
    } as const;
    return deadLetterRecord(record, { topic: topicOf(family), partition }, letter, now);
  });
  return [{ topic: 'dead-letters', partition, records }];
}
