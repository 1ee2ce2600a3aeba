import type { Type } from 'avsc';
import { familyOf } from './entity.ts';
import { families, type Family } from './families.ts';
import { shown, type Fault } from './fault.ts';
import { frame, FrameReader, newestOf, type FrameFault } from './frame.ts';
import { eventTypes, type Event, type EventOf } from './types.ts';

/** Bytes of an event as framed Avro at most, by whatever way it comes (rule 50). */
export const eventBytesMax = 64 * 1024;

/** Why an event of so many bytes is not taken; `undefined` when it is. */
export function sizeFault(bytes: number): Fault | undefined {
  if (bytes <= eventBytesMax) return undefined;
  return {
    path: '$',
    message: `The event has ${bytes} bytes as Avro, at most ${eventBytesMax} are taken; shorten its texts.`,
  };
}

type Codec = { readonly id: number; readonly type: Type; readonly reader: FrameReader };

const codecs = Object.fromEntries(
  families.map((family) => {
    const subject = `events.${family}-value`;
    const { entry, type } = newestOf(subject);
    return [family, { id: entry.id, type, reader: new FrameReader(subject) }];
  }),
) as { readonly [F in Family]: Codec };

/** An event as read from bytes; or why it can't be, with a sentence that says how to fix it. */
export type Decoded<E> = { readonly ok: true; readonly event: E } | ({ readonly ok: false } & FrameFault);

/**
 * An event as framed Avro of its family's newest schema. Fields that are absent take their defaults.
 *
 * @throws Error when a field is of another type than its schema says, or the event's type belongs to no family.
 */
export function encodeEvent(event: Event): Buffer {
  const { id, type } = codecs[familyOf(event.type)];
  return frame(id, type, event);
}

/**
 * Reads a framed event. The bytes may be anything: a fault in them is an outcome, not an exception. Of the fields only the type
 * is checked here; `checkEvent` checks the others.
 */
export function decodeEvent<F extends Family>(family: F, bytes: Buffer): Decoded<EventOf<F>> {
  try {
    const read = codecs[family].reader.read(bytes);
    if ('reason' in read) return { ok: false, ...read };
    const event = read.value as EventOf<F>;
    if (familyOf(event.type as string) === family) return { ok: true, event };
    const message = `${shown(event.type)} is no type of the family ${family}: ${eventTypes[family].join(', ')}.`;
    return { ok: false, reason: 'malformed', message };
  } catch (error) {
    // avsc throws on what can't be a value of the type: a branch that a union lacks, a number beyond 2⁵³.
    const message = `The record is no ${family} event: ${error instanceof Error ? error.message : String(error)}.`;
    return { ok: false, reason: 'malformed', message };
  }
}
