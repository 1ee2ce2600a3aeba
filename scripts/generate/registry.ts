import { fingerprint } from '../../services/collector/registry/schema-fingerprint.ts';
import type { RegisteredSchema } from '@tidemark/events/registry';

/** A schema as it stands in the work tree. */
export type CurrentSchema = { readonly subject: string; readonly file: string; readonly text: string };

/** First id of a schema that is not an event's: events come first, by family, so that their ids are easy to know. */
const otherIdsFrom = 100;

function nextId(entries: readonly RegisteredSchema[], event: boolean): number {
  const taken = entries.map((entry) => entry.id).filter((id) => id < otherIdsFrom === event);
  return Math.max(event ? 0 : otherIdsFrom - 1, ...taken) + 1;
}

/**
 * The registry after the current schemas are known to it: ids that exist stay, what is new or differs in shape from
 * its newest released version gets a new one. An unreleased version is changed in place.
 *
 * @param textOf Reads a file below `schemas/`.
 */
export function register(
  known: readonly RegisteredSchema[],
  current: readonly CurrentSchema[],
  textOf: (file: string) => string,
): RegisteredSchema[] {
  const entries = [...known];
  for (const { subject, file, text } of current) {
    const newest = entries
      .filter((entry) => entry.subject === subject)
      .sort((a, b) => b.version - a.version)[0];
    if (newest !== undefined && !newest.released) continue;
    if (newest !== undefined && fingerprint(textOf(newest.file)) === fingerprint(text)) continue;
    const id = nextId(entries, subject.startsWith('events.'));
    entries.push({ id, subject, version: (newest?.version ?? 0) + 1, file, released: false });
  }
  return entries.sort((a, b) => a.id - b.id);
}

/** Where the copy of a released version is kept. */
export function releasedFile(entry: RegisteredSchema): string {
  return `released/${entry.subject.replace(/-value$/, '')}.v${entry.version}.avsc`;
}
