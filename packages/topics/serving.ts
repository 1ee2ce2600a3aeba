import type { KafkaClient } from '@tidemark/kafka/client';
import { followPartitions } from '@tidemark/kafka/restore';
import { partitionCounts } from '@tidemark/kafka/admin';
import { sharedTopics } from './generation.ts';
import { type DefinitionVersions, generationOfVersions, versionsOf } from './definition-versions.ts';

/** Key of the record that says which generation serves. */
export const servingKey = 'serving';

/** Which generation serves, and which one did before. */
export type Serving = { readonly generation: number; readonly before: number };

/** What serves while nothing else was promoted. */
export const servingAtFirst: Serving = { generation: 1, before: 1 };

/** The record's value read; `undefined` for one that is none. */
export function decodeServing(value: Buffer | null): Serving | undefined {
  return value === null ? undefined : (JSON.parse(value.toString()) as Serving);
}

/** A following of the generation that serves. */
export type ServingFollowed = {
  /** The generation that serves, as far as it is known. */
  readonly generation: number;
  /** By which versions of the definitions a generation is counted; `undefined` while no processor has published it. */
  readonly versions: (generation: number) => DefinitionVersions | undefined;
  readonly stop: () => Promise<void>;
};

/**
 * Follows which generation serves. Without the topic of the generations it is the first one.
 *
 * @param onChange Called with the number of another generation, once it serves.
 * @param onVersions Called with the number of a generation when it becomes known by which versions it is counted.
 * @throws Failure `kafka.unavailable` at the start.
 */
export async function followServing(
  client: KafkaClient,
  onChange: (generation: number) => void,
  onFatal: (error: unknown) => void,
  onVersions: (generation: number) => void = () => undefined,
): Promise<ServingFollowed> {
  const versions = new Map<number, DefinitionVersions>();
  const { generations: topic } = sharedTopics(client.settings.KAFKA_PREFIX);
  if (!(await partitionCounts(client, [topic])).has(topic))
    return {
      generation: servingAtFirst.generation,
      versions: () => undefined,
      stop: () => Promise.resolve(),
    };
  let { generation } = servingAtFirst;
  let isKnown = false;
  const following = await followPartitions(client, {
    topic,
    partitions: [0],
    onDelivery: ({ records }) => {
      const before = generation;
      for (const { key, value } of records) {
        const name = String(key);
        if (name === servingKey) generation = decodeServing(value)?.generation ?? generation;
        const of = generationOfVersions(name);
        if (of === undefined) continue;
        if (value === null) versions.delete(of);
        else versions.set(of, versionsOf(value));
        onVersions(of);
      }
      if (isKnown && generation !== before) onChange(generation);
    },
    onFatal,
  });
  await following.caughtUp;
  isKnown = true;
  return {
    get generation() {
      return generation;
    },
    versions: (of) => versions.get(of),
    stop: following.stop,
  };
}
