import type { Family } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { generationSend, lastOfGenerations } from '@tidemark/topics/generation-records';
import { type DefinitionVersions, versionsKey } from '@tidemark/topics/definition-versions';
import { type Serving, servingAtFirst, servingKey } from '@tidemark/topics/serving';

type Range = { readonly from: number; readonly to: number };

/** What a partition of a generation has at the cut: everything below these offsets, and nothing else. */
export type StateCut = {
  /** When the cut was made, in milliseconds since the epoch. */
  readonly at: number;
  readonly state: number;
  readonly archive: number;
  readonly counters: number;
  readonly facts: number;
  /** Records of the generation's topics of events that are there and are not counted yet. */
  readonly pending: { readonly [F in Family]: Range };
};

/** The first records of a partition of `events.<family>` that the generation has not taken. */
export type EventsCut = { readonly offsets: { readonly [F in Family]: number } };

/** What a generation is made for: other rules or partitions, a ClickHouse that was lost, or a second ClickHouse. */
export type Purpose = 'recount' | 'rebuild' | 'second';

/** A generation that a recount made. */
export type Made = {
  readonly number: number;
  /** The generation whose histories it has. */
  readonly from: number;
  readonly partitions: number;
  readonly purpose: Purpose;
  /** Entities whose histories are to be fed; those of the archive are not counted. */
  readonly entities: number;
  /** Whether its cut is made and kept, so that it can be fed. */
  readonly isReady: boolean;
};

/** What is known of all generations. */
export type Journal = {
  /** Which generation serves. */
  readonly serving: Serving;
  /** Those that recounts made, by number. */
  readonly made: ReadonlyMap<number, Made>;
  /** By which versions of the definitions a generation is counted, as its processors say. */
  readonly versions: (generation: number) => DefinitionVersions | undefined;
  readonly stateCut: (generation: number, partition: number) => StateCut | undefined;
  readonly eventsCut: (generation: number, partition: number) => EventsCut | undefined;
};

/** Keys of the records in the topic of the generations. */
export const journalKey = {
  made: (generation: number): string => `generation/${generation}`,
  stateCut: (generation: number, partition: number): string => `cut/${generation}/state/${partition}`,
  eventsCut: (generation: number, partition: number): string => `cut/${generation}/events/${partition}`,
};

/** Reads all that is known of the generations. */
export async function readJournal(client: KafkaClient): Promise<Journal> {
  const last = await lastOfGenerations(client);
  const values = new Map([...last].map(([key, value]) => [key, JSON.parse(value.toString()) as unknown]));
  const made = [...values].filter(([key]) => key.startsWith('generation/')).map(([, value]) => value as Made);
  return {
    serving: (values.get(servingKey) as Serving | undefined) ?? servingAtFirst,
    made: new Map(made.map((one) => [one.number, one])),
    versions: (generation) => values.get(versionsKey(generation)) as DefinitionVersions | undefined,
    stateCut: (generation, partition) =>
      values.get(journalKey.stateCut(generation, partition)) as StateCut | undefined,
    eventsCut: (generation, partition) =>
      values.get(journalKey.eventsCut(generation, partition)) as EventsCut | undefined,
  };
}

/** A record of the journal; `null` deletes it. */
export function journalSend(client: KafkaClient, key: string, value: object | null): Send {
  return generationSend(client, key, value === null ? null : Buffer.from(JSON.stringify(value)));
}
