import type { Type } from 'avsc';
import { avroType } from './avro.ts';
import { frame, FrameReader, newestOf } from './frame.ts';
import { schemaText } from './registry.ts';

/** Values of a fact's columns; money is bigint micros. */
type Columns = { readonly [column: string]: string | number | bigint | boolean | null };

/** A fact with its sign, published (+1) or retracted (−1), and why. */
type Signed = {
  readonly sign: 1 | -1;
  readonly cause: string;
  readonly fact: Columns & { readonly at: number };
};

/** What one transaction says of one kind of fact, to be written. */
export type FactBlock = { readonly recordedAt: number; readonly facts: readonly Signed[] };

/** A fact as read: its sign, its cause, its instant and its columns side by side, as the rows of its table. */
export type FactRow = Columns & { readonly sign: 1 | -1; readonly cause: string; readonly at: number };

/** A block as read; `recorded_at` in milliseconds. */
export type ReadFactBlock = { readonly recorded_at: number; readonly facts: readonly FactRow[] };

/** Blocks of facts ⇄ framed Avro. */
export type FactBlockCodec = {
  /** @throws Error when the kind has no schema or a fact does not fit it. */
  readonly encode: (kind: string, block: FactBlock) => Buffer;
  /** @throws Error when the bytes are no block of the kind: nobody but the processor writes them. */
  readonly decode: (kind: string, bytes: Buffer) => ReadFactBlock;
};

type BlockSchema = { fields: [unknown, { type: { items: { fields: { name: string }[] } } }] };

/**
 * The block's type with each fact's columns in a record of their own beside its sign and cause. In Avro's binary form a record
 * within a record is its fields, no more: the bytes are those of the flat schema, and no fact has to be copied.
 */
function nested(text: string): Type {
  const schema = JSON.parse(text) as BlockSchema;
  const { items } = schema.fields[1].type;
  const [sign, cause, ...columns] = items.fields;
  const fact = { type: 'record', name: 'Columns', fields: columns };
  items.fields = [sign!, cause!, { name: 'fact', type: fact } as { name: string }];
  return avroType(schema);
}

/** A codec for every kind of fact that has a schema; types are made when first needed. */
export function factBlockCodec(): FactBlockCodec {
  const writers = new Map<string, { readonly id: number; readonly type: Type }>();
  const readers = new Map<string, FrameReader>();
  return {
    encode(kind, { recordedAt, facts }) {
      let writer = writers.get(kind);
      if (writer === undefined) {
        const { entry } = newestOf(`facts.${kind}-value`);
        writer = { id: entry.id, type: nested(schemaText(entry)) };
        writers.set(kind, writer);
      }
      return frame(writer.id, writer.type, { recorded_at: recordedAt, facts });
    },
    decode(kind, bytes) {
      let reader = readers.get(kind);
      if (reader === undefined) {
        reader = new FrameReader(`facts.${kind}-value`);
        readers.set(kind, reader);
      }
      const read = reader.read(bytes);
      if ('reason' in read) throw new Error(`a block of ${kind}: ${read.message}`);
      return read.value as ReadFactBlock;
    },
  };
}
