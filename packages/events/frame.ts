import type { Type } from 'avsc';
import { avroType } from './avro.ts';
import { latestOf, schemaOfId, schemaText, type RegisteredSchema } from './registry.ts';

/** Bytes before the Avro body in the Confluent wire format: `0x00` and the schema id, 4 bytes big-endian. */
export const frameHeadBytes = 5;

/** The schema id of a value in the Confluent wire format; `undefined` for bytes that are not in it. */
export function schemaIdIn(value: Buffer | null): number | undefined {
  return value === null || value.length < frameHeadBytes || value[0] !== 0
    ? undefined
    : value.readUInt32BE(1);
}

const types = new Map<number, Type>();

/** The Avro type of a registered schema. */
export function typeOf(entry: RegisteredSchema): Type {
  let type = types.get(entry.id);
  if (type === undefined) {
    type = avroType(JSON.parse(schemaText(entry)));
    types.set(entry.id, type);
  }
  return type;
}

/** The newest version of a subject, and its type. */
export function newestOf(subject: string): { readonly entry: RegisteredSchema; readonly type: Type } {
  const entry = latestOf(subject);
  if (entry === undefined)
    throw new Error(
      `no schema is registered for ${subject}; \`npm run generate\` registers those of new definitions`,
    );
  return { entry, type: typeOf(entry) };
}

let scratch = Buffer.alloc(64 * 1024);

/**
 * A value in the Confluent wire format.
 *
 * @throws Error when the value does not fit the type.
 */
export function frame(id: number, type: Type, value: unknown): Buffer {
  let end = type.encode(value, scratch, frameHeadBytes);
  if (end < 0) {
    scratch = Buffer.alloc(2 * (scratch.length - end));
    end = type.encode(value, scratch, frameHeadBytes);
  }
  scratch[0] = 0;
  scratch.writeUInt32BE(id, 1);
  return Buffer.from(scratch.subarray(0, end));
}

/** Why bytes could not be read, in a sentence. */
export type FrameFault = { readonly reason: 'malformed' | 'unknown-schema'; readonly message: string };

/** How values of one writer's schema become the reader's; nothing where the two are the same. */
type Known = { readonly resolver: ReturnType<Type['createResolver']> | undefined };

/** How a framed value of one subject is read, whatever version it was written with. */
export class FrameReader {
  readonly #subject: string;
  readonly #reader: Type;
  readonly #resolvers = new Map<number, Known>();

  constructor(subject: string) {
    this.#subject = subject;
    this.#reader = newestOf(subject).type;
  }

  /** The value, as the newest version of the schema has it; or why there is none. */
  read(bytes: Buffer): { readonly value: unknown } | FrameFault {
    if (bytes.length < frameHeadBytes || bytes[0] !== 0)
      return {
        reason: 'malformed',
        message:
          'The record is not in the Confluent wire format: begin it with a byte 0 and the schema id in 4 bytes.',
      };
    const id = bytes.readUInt32BE(1);
    const known = this.#resolvers.get(id) ?? this.#resolve(id);
    if ('reason' in known) return known;
    const { value, offset } = this.#reader.decode(bytes, frameHeadBytes, known.resolver) as {
      value: unknown;
      offset: number;
    };
    if (offset === bytes.length) return { value };
    const what = offset < 0 ? 'ends too early' : `has ${bytes.length - offset} bytes too many`;
    return {
      reason: 'malformed',
      message: `The record ${what} for schema ${id} (${this.#subject}); write it with exactly that schema.`,
    };
  }

  #resolve(id: number): Known | FrameFault {
    const entry = schemaOfId(id);
    if (entry?.subject !== this.#subject) {
      const what = entry === undefined ? 'is not known' : `is of ${entry.subject}`;
      const { id: right } = newestOf(this.#subject).entry;
      return {
        reason: 'unknown-schema',
        message: `Schema id ${id} ${what}; records of this topic are written with id ${right} of ${this.#subject}.`,
      };
    }
    const writer = typeOf(entry);
    // The newest version needs no resolver, which would only cost time.
    const resolver = writer === this.#reader ? undefined : this.#reader.createResolver(writer);
    const known = { resolver };
    this.#resolvers.set(id, known);
    return known;
  }
}
