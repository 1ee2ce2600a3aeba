import { randomBytes } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { families } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { listOffsets } from '@tidemark/kafka/offsets';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { indexKeysOf } from '@tidemark/runtime/things';
import { forgottenSend, readForgotten, saltSend } from '@tidemark/topics/forgotten';
import { type Generation, taskId } from '@tidemark/topics/generation';
import { feedGroup } from '@tidemark/topics/groups';
import { asSet, type TopicChoices, topics } from '@tidemark/topics/topics';
import { Pseudonyms } from '../pseudonyms.ts';
import { drawNames, type Subjects } from '../renaming.ts';
import { Collection, historyOf } from './collect.ts';
import { Finder } from './finder.ts';
import { type AskedBy, type Erasure, type Journal, journalSend, readErasure } from './journal.ts';
import { renameTables } from './rename-tables.ts';
import { closedBy, entitySends, erasedSend, indexSends, movesIn, visitedIn } from './rewrite-state.ts';
import { type Found, searchTables, searchTopics, type Sought, topicsThere } from './search.ts';
import { searchFiles } from './search-files.ts';
import { endsOf, inPlaceOf, untilTaken } from './tasks.ts';
import { cleanDeadLetters, closeSegments, deleteRead, deadLetterTopics } from './topics-left.ts';

/** Where an erasure works, and who counts there. */
export type ForgetOptions = {
  readonly client: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly application: string;
  readonly sinkGroup: string;
  readonly choices: TopicChoices;
  /** Names the erasure in its certificate, unless one is gone on with. */
  readonly id: string;
  readonly by: AskedBy;
  /** Folders that are searched as well. */
  readonly folders: readonly string[];
  readonly now: () => number;
  /** Called once the erasure is noted, so that it can be gone on with. */
  readonly onBegun: () => void;
  /** Takes a sentence for each step. */
  readonly report: (sentence: string) => void;
  /** Takes what is under way within a step. */
  readonly onPlace: (place: string) => void;
};

/** Bytes of a key that is looked for as it is: shorter ones occur by chance. */
const soughtBytesMin = 8;

/** The steps of an erasure, each of which may be done again. */
export class Erasing {
  readonly #options: ForgetOptions;
  readonly #topics: Generation;
  readonly #subjects: Subjects;
  readonly #journal: Journal;
  #names: Pseudonyms | undefined;
  #erasure: Pick<Erasure, 'names' | 'visited' | 'rewritten'> | undefined;
  #texts: readonly string[] = [];
  #entities = 0;

  constructor(options: ForgetOptions, topicsOf: Generation, subjects: Subjects, journal: Journal) {
    this.#options = options;
    this.#topics = topicsOf;
    this.#subjects = subjects;
    this.#journal = journal;
  }

  get names(): Pseudonyms {
    if (this.#names === undefined) throw new Error('the erasure has not begun');
    return this.#names;
  }

  /** How many histories were put under pseudonyms by this run. */
  get entities(): number {
    return this.#entities;
  }

  /** What must not be found any more. */
  get sought(): Sought {
    const ids = [...this.#subjects];
    const others = this.names.keys.filter((id) => Buffer.byteLength(id) >= soughtBytesMin);
    return { ids, finder: new Finder(new Set([...ids, ...others, ...this.#texts])) };
  }

  /** From its end on, all tasks refuse what comes of the customers, and all that came before is counted. */
  async begin(unfinished: Erasure | undefined): Promise<void> {
    const { client, application, choices, id, by, report, onPlace } = this.#options;
    const shared = topics(1, client.settings.KAFKA_PREFIX).filter(
      ({ name }) => name === this.#topics.shared.forgotten,
    );
    await ensureTopics(client, asSet(shared, choices));
    const { state } = this.#topics;
    const partitions = (await partitionCounts(client, [state])).get(state) ?? 0;
    this.#names = new Pseudonyms(() => randomBytes(16).toString('base64url'), partitions);
    for (const name of unfinished?.names ?? []) this.#names.restore(name);
    if (unfinished === undefined)
      await this.#send(journalSend(client, { type: 'subjects', id, by, ids: [...this.#subjects] }));
    this.#options.onBegun();
    let { salt } = await readForgotten(client);
    if (salt === '') {
      salt = randomBytes(32).toString('base64url');
      await this.#send(saltSend(this.#topics.shared.forgotten, salt));
    }
    const listed = [...this.#subjects].map((id) => ({ domain: 'customer_id', id, refused: 'all' as const }));
    await this.#send(forgottenSend(this.#topics.shared.forgotten, salt, listed));
    report('The tasks of the processor begin anew, and refuse what comes of these customers.');
    await inPlaceOf(client, this.#tasks(partitions), () => Promise.resolve());
    report('Waiting until what came before is counted.');
    // What is on its way between tasks takes two steps: a purchase to its task, and its cart from there.
    for (let step = 0; step < 2; step++) {
      const ends = await endsOf(client, families.map(this.#topics.eventsOf), partitions);
      await untilTaken(client, this.#topics.own(application), ends, (left) =>
        onPlace(`${left} records left`),
      );
    }
  }

  /** Puts the state and the archive under pseudonyms. @returns What was found before, where this run did it. */
  async rewrite(unfinished: Erasure | undefined): Promise<Found[] | undefined> {
    if (unfinished?.rewritten !== undefined) {
      this.#erasure = unfinished;
      return undefined;
    }
    const { client, report, now } = this.#options;
    const collection = await Collection.of(client, this.#topics, this.#subjects, report);
    const { histories } = collection;
    this.#entities = collection.entities.size;
    drawNames(histories, this.#subjects, this.names);
    this.#texts = histories.flatMap(({ events }) =>
      events.flatMap((event) => ('comment' in event && event.comment !== null ? [event.comment] : [])),
    );
    report('Searching all places.');
    const found = await searchAll(this.#options, this.#topics, this.sought);
    const sends = new Map<string, readonly Send[]>();
    const renew = (ids: Iterable<string>): void => {
      for (const id of ids)
        sends.set(id, entitySends(id, collection.entities.get(id)!, this.names, this.#topics));
    };
    renew(collection.entities.keys());
    const moves = () => movesIn(collection.entities, sends, this.#topics);
    const collectIndex = () => collection.collectIndex(indexKeysOf([...moves().values()].flat()));
    await collectIndex();
    report(`Putting ${sends.size} histories under pseudonyms.`);
    const { state, facts } = this.#topics;
    const partitions = (await partitionCounts(client, [state])).get(state) ?? 0;
    const at = await inPlaceOf(client, this.#tasks(partitions), async (producers) => {
      const begun = now();
      const changed = await collection.follow();
      drawNames(
        [...changed].map((id) => historyOf(id, collection.entities.get(id)!)),
        this.#subjects,
        this.names,
      );
      renew(changed);
      // Known before anything is named by it, and refused before it is closed.
      await this.#note(collection);
      // Nearly always all of it is there, and nothing is read.
      await collectIndex();
      const all = [...[...sends.values()].flat(), ...indexSends(collection.index, moves(), this.#topics)];
      await Promise.all(
        producers.map((producer, partition) =>
          producer.commit({
            sends: [
              ...all.filter((send) => send.partition === partition),
              erasedSend(this.#topics, partition, begun),
            ],
            offsets: [],
            groupId: '',
          }),
        ),
      );
      return begun;
    });
    const ends = await listOffsets(client, facts, [...Array(partitions).keys()], 'stable-end');
    const rewritten = {
      type: 'rewritten',
      at,
      facts: [...ends].toSorted(([a], [b]) => a - b).map(([, end]) => end),
    } as const;
    await this.#send(journalSend(client, rewritten));
    this.#erasure = (await readErasure(client))!;
    return found;
  }

  /** Puts the rows of ClickHouse under pseudonyms, once the sink has all facts of before. */
  async renameFacts(): Promise<void> {
    const { client, clickhouse, sinkGroup, onPlace } = this.#options;
    const { names, visited, rewritten } = this.#erasure!;
    const { own, facts, store } = this.#topics;
    await untilTaken(client, own(sinkGroup), new Map([[facts, rewritten!.facts]]), (left) =>
      onPlace(`${left} records of facts left`),
    );
    await renameTables(clickhouse, { store, names, visited, at: rewritten!.at }, async (table) => {
      await this.#journal.assertMine();
      onPlace(table);
    });
  }

  /** Deletes what was read, and the dead letters of the customers. */
  async deleteRecords(unfinished: Erasure | undefined): Promise<void> {
    const { client, application, sinkGroup } = this.#options;
    const { own, eventsOf, facts } = this.#topics;
    const there = await topicsThere(client, this.#topics);
    await closeSegments(client, this.#journal, this.#topics, there);
    const partitions = (await partitionCounts(client, [facts])).get(facts) ?? 0;
    await untilTaken(
      client,
      own(application),
      await endsOf(client, families.map(eventsOf), partitions),
      () => undefined,
    );
    await untilTaken(client, own(sinkGroup), await endsOf(client, [facts], partitions), () => undefined);
    await deleteRead(client, this.#topics, { application, sinkGroup, feedGroup });
    const { finder } = this.sought;
    for (const topic of await deadLetterTopics(client, this.#topics))
      await cleanDeadLetters(client, topic, finder, {
        journal: this.#journal,
        copied: unfinished?.deadLetters ?? new Map(),
      });
  }

  async #note(collection: Collection): Promise<void> {
    const { histories } = collection;
    const { salt } = await readForgotten(this.#options.client);
    const visited = visitedIn(histories, this.names);
    await this.#send(
      journalSend(
        this.#options.client,
        { type: 'names', names: this.names.takeFresh() },
        ...[...visited].map(([domain, ids]) => ({ type: 'visited', domain, ids }) as const),
      ),
    );
    await this.#send(
      forgottenSend(this.#topics.shared.forgotten, salt, closedBy(histories, this.#subjects, this.names)),
    );
  }

  #tasks(partitions: number): string[] {
    const application = this.#topics.own(this.#options.application);
    return Array.from({ length: partitions }, (_, partition) => taskId(application, partition));
  }

  async #send(send: Send): Promise<void> {
    await this.#journal.commit([send]);
  }
}

/** Searches all places: topics, tables, and folders that are given. */
export async function searchAll(
  { client, clickhouse, folders, onPlace }: ForgetOptions,
  names: Generation,
  sought: Sought,
): Promise<Found[]> {
  const found = await searchTopics(client, await topicsThere(client, names), sought, onPlace);
  const tables = await searchTables(clickhouse, names.store, sought, onPlace);
  const files: Found[] = [];
  for (const folder of folders) {
    onPlace(folder);
    files.push(await searchFiles(folder, sought));
  }
  return [...found, ...tables, ...files];
}
