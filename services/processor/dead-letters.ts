import { encodeEvent } from '@tidemark/events/codec';
import type { Send } from '@tidemark/kafka/transactional-producer';
import type { Audit } from '@tidemark/runtime/audit';
import type { DeadLetter } from '@tidemark/runtime/intake';
import type { WaitingVoid } from '@tidemark/runtime/task';
import type { Generation } from '@tidemark/topics/generation';
import { deadLetterRecord } from './outgoing.ts';
import type { Revoked } from './suspects.ts';
import type { Telemetry } from './telemetry.ts';

/** An event of the state has no place in its topic any more. */
const noOffset = -1;

/** Whose dead letters these are, and who keeps count of them. */
type LetterContext = {
  readonly partition: number;
  readonly names: Generation;
  readonly telemetry: Telemetry;
};

/** The dead letters of events that the state gives up, each counted. The state knows their ids, so they cannot be re-published. */
export function revokedDeadLetters(
  revoked: readonly Revoked[],
  now: number,
  audit: Audit,
  context: LetterContext,
): Send[] {
  return revoked.map(({ family, key, event, message }) => {
    const { source } = event;
    audit.add('dead_lettered', family, source, now);
    const advice = `${message}; to have it counted after the fix, publish it under another event_id.`;
    const letter = { family, source, reason: 'uncountable', path: '$', message: advice } as const;
    return letterSend(letter, { key, value: encodeEvent(event), receivedAt: now }, context);
  });
}

/** The dead letters of voids that the state forgets, and whose target never came (rule 25); the task has counted them. */
export function forgottenVoidDeadLetters(voids: readonly WaitingVoid[], context: LetterContext): Send[] {
  return voids.map(({ family, key, event, bytes, receivedAt }) => {
    const { source } = event;
    const message = 'The event that it voids has not come within the time in which it would be taken.';
    const letter = { family, source, reason: 'void-without-target', path: '$.voids', message } as const;
    return letterSend(letter, { key, value: Buffer.from(bytes), receivedAt }, context);
  });
}

function letterSend(
  letter: DeadLetter,
  { key, value, receivedAt }: { readonly key: string; readonly value: Buffer; readonly receivedAt: number },
  { partition, names, telemetry }: LetterContext,
): Send {
  const { family, reason } = letter;
  telemetry.deadLetters.inc({ family, reason });
  const record = { offset: noOffset, timestamp: receivedAt, key: Buffer.from(key), value, headers: {} };
  const from = { topic: names.eventsOf(family), partition };
  return {
    topic: names.deadLetters,
    partition,
    records: [deadLetterRecord(record, from, letter, receivedAt)],
  };
}
