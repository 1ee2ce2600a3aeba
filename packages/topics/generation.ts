import { families, topicOf, type Family } from '@tidemark/events/families';
import { integer } from '@tidemark/service/settings';

/** Which generation of the counts a service works on. */
export const generationSettings = {
  GENERATION: integer(
    'The generation of the counts that this service works on; the next one is made by a recount (docs/decisions/recount.md).',
    1,
    { min: 1, max: 1_000_000 },
  ),
};

/** The topics that all generations share. */
export type SharedTopics = {
  /** Says which generations there are, and which of them serves. */
  readonly generations: string;
  /** The list of who was forgotten. */
  readonly forgotten: string;
  /** An erasure that is not done: it has ids and pseudonyms, and is deleted at the end. */
  readonly erasure: string;
  readonly alerts: string;
  readonly alertCommands: string;
};

/**
 * The names of the topics that all generations share.
 *
 * @param prefix `KAFKA_PREFIX`.
 */
export function sharedTopics(prefix: string): SharedTopics {
  return {
    generations: `${prefix}generations`,
    forgotten: `${prefix}forgotten`,
    erasure: `${prefix}erasure`,
    alerts: `${prefix}alerts`,
    alertCommands: `${prefix}alert-commands`,
  };
}

/** The databases of a generation in ClickHouse: of its tables, and of its views. */
export function databasesOf(number: number): { readonly store: string; readonly views: string } {
  const database = (name: string): string => (number === 1 ? name : `${name}_g${number}`);
  return { store: database('tidemark_store'), views: database('tidemark') };
}

/** The names of all that belongs to one generation: what is counted, and by whom. */
export type Generation = {
  readonly number: number;
  /** The topic that its processors read a family's events from. */
  readonly eventsOf: (family: Family) => string;
  readonly facts: string;
  readonly counters: string;
  readonly state: string;
  readonly archive: string;
  readonly deadLetters: string;
  /** The topics that it shares with all others. */
  readonly shared: SharedTopics;
  /** The database of its tables. */
  readonly store: string;
  /** The database of its views. */
  readonly views: string;
  /** The name of a consumer group, an application or a directory, as it is in this generation, with the prefix. */
  readonly own: (name: string) => string;
};

/**
 * The names of a generation. The first has plain names; those of generation 2 end with `-g2`, its databases with `_g2`. What is in
 * Kafka begins with the prefix.
 *
 * @param number From 1.
 * @param prefix `KAFKA_PREFIX`.
 */
export function generationOf(number: number, prefix: string): Generation {
  const own = (name: string): string => (number === 1 ? `${prefix}${name}` : `${prefix}${name}-g${number}`);
  const events = new Map(families.map((family) => [family, own(topicOf(family, ''))]));
  return {
    number,
    eventsOf: (family) => events.get(family)!,
    facts: own('facts'),
    counters: own('counters'),
    state: own('state'),
    archive: own('archive'),
    deadLetters: own('dead-letters'),
    shared: sharedTopics(prefix),
    ...databasesOf(number),
    own,
  };
}

/** The transactional id of a task: who takes it over ends what the task before had begun. */
export function taskId(application: string, partition: number): string {
  return `${application}-${partition}`;
}
