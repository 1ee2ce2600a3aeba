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

/** The topic that says which generations there are, and which of them serves. */
export const generationsTopic = 'generations';

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
  /** The database of its tables. */
  readonly store: string;
  /** The database of its views. */
  readonly views: string;
  /** The name of a consumer group, an application or a directory, as it is in this generation. */
  readonly own: (name: string) => string;
};

/**
 * The names of a generation. The first has plain names; those of generation 2 end with `-g2`, its databases with `_g2`.
 *
 * @param number From 1.
 */
export function generationOf(number: number): Generation {
  const own = (name: string): string => (number === 1 ? name : `${name}-g${number}`);
  const database = (name: string): string => (number === 1 ? name : `${name}_g${number}`);
  const events = new Map(families.map((family) => [family, own(topicOf(family))]));
  return {
    number,
    eventsOf: (family) => events.get(family)!,
    facts: own('facts'),
    counters: own('counters'),
    state: own('state'),
    archive: own('archive'),
    deadLetters: own('dead-letters'),
    store: database('tidemark_store'),
    views: database('tidemark'),
    own,
  };
}

/** The transactional id of a task: who takes it over ends what the task before had begun. */
export function taskId(application: string, partition: number): string {
  return `${application}-${partition}`;
}
