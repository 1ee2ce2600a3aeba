import { encodeEvent } from '@tidemark/events/codec';
import type { Retention } from '@tidemark/events/families';
import { withoutFreeText } from '@tidemark/events/free-text';
import type { Event } from '@tidemark/events/types';
import type { Send } from '@tidemark/kafka/transactional-producer';
import type { Log } from '@tidemark/service/log';
import type { Audit } from '@tidemark/runtime/audit';
import type { Received } from '@tidemark/runtime/task';
import { type Forgotten, refusing } from '@tidemark/topics/forgotten';
import type { Generation } from '@tidemark/topics/generation';
import type { InboxRecord } from './inbox.ts';
import { asUncountable, takeIn } from '@tidemark/runtime/intake';
import type { BatchTrace } from './batch-trace.ts';
import { deadLetterRecord, strayRecord } from './outgoing.ts';
import type { Suspects } from './suspects.ts';
import type { Telemetry } from './telemetry.ts';

/** An event as it is to be stored where comments are not. */
function withoutText(received: Received): Received {
  const event = withoutFreeText(received.event);
  return event === received.event ? received : { ...received, event, bytes: encodeEvent(event as Event) };
}

/** Where a batch was read, and who keeps count of it. */
type IntakeContext = {
  readonly partition: number;
  readonly partitions: number;
  readonly retention: Retention;
  /** Whether comments are stored. */
  readonly keepsFreeText: boolean;
  readonly names: Generation;
  readonly audit: Audit;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly suspects: Suspects;
  readonly forgotten: Forgotten;
  /** `undefined` when no event of the batch is recorded. */
  readonly trace?: BatchTrace | undefined;
};

/**
 * Sorts a batch into events to be counted here, strays on their way to their own partition, and records to be set aside,
 * each of which is counted; of those for the same reason the log names the first.
 *
 * @returns Also the records that the events received are `from`, one for one.
 */
export function takeInBatch(
  records: readonly InboxRecord[],
  {
    partition,
    partitions,
    retention,
    keepsFreeText,
    names,
    audit,
    telemetry,
    log,
    suspects,
    forgotten,
    trace,
  }: IntakeContext,
): { received: Received[]; from: InboxRecord[]; sends: Send[] } {
  const received: Received[] = [];
  const sources: InboxRecord[] = [];
  const sends: Send[] = [];
  const setAside = new Map<string, { first: object; records: number }>();
  const isForgotten = forgotten.isEmpty ? undefined : refusing(forgotten);
  for (const { family, record } of records) {
    const taken = takeIn(family, record, partition, partitions, retention, names.number > 1, isForgotten);
    const uncountable = suspects.reasonOf({ family, record });
    const intake = uncountable === undefined ? taken : asUncountable(family, taken, uncountable);
    const topic = names.eventsOf(family);
    switch (intake.outcome) {
      case 'event':
        received.push(keepsFreeText ? intake.received : withoutText(intake.received));
        sources.push({ family, record });
        trace?.taken(record, intake.received.event.event_id);
        break;
      case 'stray': {
        const { event, receivedAt, hop } = intake.received;
        if (hop === 'first') audit.receive(family, event.source, receivedAt, event.occurred_at);
        telemetry.strays.inc({ family });
        const stray = strayRecord(intake.received);
        const moved = trace?.moved(record, event.event_id, intake.partition, stray) ?? stray;
        sends.push({ topic, partition: intake.partition, records: [moved] });
        break;
      }
      case 'dead-letter': {
        const { deadLetter, receivedAt, occurredAt, hop } = intake;
        // One that is set aside a second time was counted the first time, and one that was moved was received before.
        if (hop !== 'again') {
          if (hop !== 'stray') audit.receive(family, deadLetter.source, receivedAt, occurredAt);
          audit.add('dead_lettered', family, deadLetter.source, receivedAt);
        }
        telemetry.deadLetters.inc({ family, reason: deadLetter.reason });
        const counted = setAside.get(`${family} ${deadLetter.reason}`);
        if (counted !== undefined) counted.records += 1;
        else
          setAside.set(`${family} ${deadLetter.reason}`, {
            first: { topic, offset: record.offset, ...deadLetter },
            records: 1,
          });
        const from = { topic, partition };
        const letter = deadLetterRecord(record, from, deadLetter, receivedAt, uncountable !== undefined);
        const traced = trace?.setAside(record, deadLetter.reason, letter) ?? letter;
        sends.push({ topic: names.deadLetters, partition, records: [traced] });
        break;
      }
    }
  }
  for (const { first, records: count } of setAside.values())
    log.warn({ records: count, ...first }, 'Records set aside.');
  return { received, from: sources, sends };
}
