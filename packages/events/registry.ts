import { textOfSchema } from './schema.ts';

/**
 * One version of a schema, as `schemas/registry.json` lists it. The id is what stands in every framed record, so it is
 * never given to anything else.
 */
export type RegisteredSchema = {
  readonly id: number;
  /** As a schema registry names it by topic: `events.cart-value`, `counters-value`, and for facts `facts.<kind>-value`. */
  readonly subject: string;
  /** 1, 2, … within the subject. */
  readonly version: number;
  /** Below `schemas/`. A released version has a copy of its own that never changes. */
  readonly file: string;
  readonly released: boolean;
};

/** All versions of all schemas, in the order of their ids. */
export const registeredSchemas: readonly RegisteredSchema[] = (
  JSON.parse(textOfSchema('registry.json')) as { schemas: RegisteredSchema[] }
).schemas;

const byId: ReadonlyMap<number, RegisteredSchema> = new Map(
  registeredSchemas.map((entry) => [entry.id, entry]),
);
const latest: ReadonlyMap<string, RegisteredSchema> = new Map(
  registeredSchemas.toSorted((a, b) => a.version - b.version).map((entry) => [entry.subject, entry]),
);

/** The Avro schema's text as it stands in its file. */
export function schemaText(entry: RegisteredSchema): string {
  return textOfSchema(entry.file);
}

/** The schema of an id; `undefined` when there is none. */
export function schemaOfId(id: number): RegisteredSchema | undefined {
  return byId.get(id);
}

/** The newest version of a subject, with which new records are written. */
export function latestOf(subject: string): RegisteredSchema | undefined {
  return latest.get(subject);
}

/** The highest id that this release knows; a higher one is of a newer release, or of nobody. */
export const highestSchemaId: number = Math.max(...byId.keys());
