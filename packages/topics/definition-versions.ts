import type { KafkaClient } from '@tidemark/kafka/client';
import { publishOfGenerations } from './generation-records.ts';

/** The version of each definition that a generation is counted by, by the definition's name. */
export type DefinitionVersions = { readonly [definition: string]: string };

const prefix = 'definitions/';

/** Key of the record that says by which versions a generation is counted. */
export function versionsKey(generation: number): string {
  return `${prefix}${generation}`;
}

/** The generation that a key is about; `undefined` for a key of something else. */
export function generationOfVersions(key: string): number | undefined {
  return key.startsWith(prefix) ? Number(key.slice(prefix.length)) : undefined;
}

/** The record's value read. */
export function versionsOf(value: Buffer): DefinitionVersions {
  return JSON.parse(value.toString()) as DefinitionVersions;
}

/**
 * Publishes by which versions a generation is counted. Only its processors know.
 *
 * @throws Failure `kafka.unavailable`, `kafka.topics` without the topic of the generations.
 */
export async function publishVersions(
  client: KafkaClient,
  generation: number,
  versions: DefinitionVersions,
): Promise<void> {
  await publishOfGenerations(client, versionsKey(generation), Buffer.from(JSON.stringify(versions)));
}
