/** Malformed input of every kind, from a seed: none of it may be taken, and none may hinder what is good beside it. */
import { between, type Draw, pick } from '@tidemark/metrics/histories/draw.fixtures';

/** The seed of malformed input: `MALFORMED_SEED`, or 1. */
export const malformedSeed = Number(process.env['MALFORMED_SEED'] ?? 1);

function randomBytes(draw: Draw, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => draw.below(256)));
}

/** Values that no field of an event takes. */
const noValues = [-1, 1.5, -0.1, '', null, [], {}, true, '\u0000', 1e300, 'x'.repeat(40_000)] as const;

/**
 * A record's value that is no event in Avro.
 *
 * @param whole An event in Avro with its schema's id in front.
 * @param eventId The id of that event, which stands in it.
 */
export function malformedAvro(draw: Draw, whole: Buffer, eventId: string): Buffer | null {
  const kinds: readonly [() => Buffer | null, ...(() => Buffer | null)[]] = [
    () => null,
    // Another byte than 0 in front is another form.
    () => Buffer.concat([Buffer.of(between(draw, 1, 255)), randomBytes(draw, draw.below(300))]),
    () => whole.subarray(0, draw.below(whole.length)),
    () => Buffer.concat([whole, randomBytes(draw, between(draw, 1, 50))]),
    () => {
      const unknown = Buffer.from(whole);
      unknown.writeUInt32BE(between(draw, 1_000_000, 2_000_000_000), 1);
      return unknown;
    },
    () => {
      const noText = Buffer.from(whole);
      noText[noText.indexOf(eventId) + draw.below(eventId.length)] = pick(draw, [0x80, 0xc0, 0xfe, 0xff]);
      return noText;
    },
  ];
  return pick(draw, kinds)();
}

/** A line of NDJSON that is no event. */
export function malformedLine(draw: Draw, event: Readonly<Record<string, unknown>>): Buffer {
  const text = Buffer.from(JSON.stringify(event));
  const field = pick(draw, ['event_id', 'type', 'occurred_at', 'cart_id', 'value', 'currency']);
  const kinds: readonly [() => Buffer, ...(() => Buffer)[]] = [
    () => text.subarray(0, between(draw, 1, text.length - 1)),
    () => Buffer.concat([text, text]),
    () =>
      Buffer.from(
        pick(draw, ['null', '0', '"text"', '[]', '{}', '[[[[', '}', 'NaN', '\u2028x', 'undefined']),
      ),
    () => Buffer.concat([Buffer.of(0xff), text]),
    () => Buffer.concat([Buffer.from('x'), randomBytes(draw, draw.below(200))].map(withoutBreaks)),
    () => Buffer.from(JSON.stringify({ ...event, [field]: pick(draw, noValues) })),
    () => Buffer.from(JSON.stringify({ ...event, [field]: undefined })),
    () => Buffer.from(`${'['.repeat(between(draw, 1, 5_000))}`),
  ];
  return pick(draw, kinds)();
}

/** Without the bytes that end a line. */
function withoutBreaks(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d));
}
