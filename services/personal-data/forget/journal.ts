import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient, TopicPartition } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type Send, TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { Failure, isFailure } from '@tidemark/service/failures';
import { type Generation, generationOf } from '@tidemark/topics/generation';
import { asSet, type TopicChoices } from '@tidemark/topics/topics';
import type { Domain, Name } from '../pseudonyms.ts';

const namesIn = ({ settings }: KafkaClient): Generation => generationOf(1, settings.KAFKA_PREFIX);
const topicIn = (client: KafkaClient): string => namesIn(client).shared.erasure;

/** Where an erasure was asked for. */
export type AskedBy = 'command' | 'service';

/** What is noted of an erasure. */
export type Entry =
  | {
      readonly type: 'subjects';
      readonly id: string;
      readonly by: AskedBy;
      readonly ids: readonly string[];
    }
  | { readonly type: 'names'; readonly names: readonly Name[] }
  /** Entities whose facts name one of the visitors. */
  | { readonly type: 'visited'; readonly domain: Domain; readonly ids: readonly string[] }
  /** The state is rewritten: when that began, in milliseconds since the epoch, and where the facts of before end. */
  | { readonly type: 'rewritten'; readonly at: number; readonly facts: readonly number[] }
  /** Dead letters before this offset are copied. */
  | {
      readonly type: 'dead-letters';
      readonly topic: string;
      readonly partition: number;
      readonly end: number;
    };

/** All that is noted of an erasure that is not done. */
export type Erasure = {
  readonly id: string;
  readonly by: AskedBy;
  readonly subjects: ReadonlySet<string>;
  readonly names: readonly Name[];
  readonly visited: ReadonlyMap<Domain, ReadonlySet<string>>;
  readonly rewritten: (Entry & { readonly type: 'rewritten' }) | undefined;
  /** By `<topic>/<partition>`. */
  readonly deadLetters: ReadonlyMap<string, number>;
};

/** The erasure that is not done; `undefined` when there is none. */
export async function readErasure(client: KafkaClient): Promise<Erasure | undefined> {
  if (!(await partitionCounts(client, [topicIn(client)])).has(topicIn(client))) return undefined;
  let begun: (Entry & { readonly type: 'subjects' }) | undefined;
  let rewritten: Erasure['rewritten'];
  const names: Name[] = [];
  const visited = new Map<Domain, Set<string>>();
  const deadLetters = new Map<string, number>();
  const take = (entry: Entry): void => {
    switch (entry.type) {
      case 'subjects':
        begun = entry;
        break;
      case 'names':
        for (const name of entry.names) names.push(name);
        break;
      case 'visited':
        visited.set(entry.domain, new Set([...(visited.get(entry.domain) ?? []), ...entry.ids]));
        break;
      case 'rewritten':
        rewritten = entry;
        break;
      case 'dead-letters':
        deadLetters.set(`${entry.topic}/${entry.partition}`, entry.end);
        break;
    }
  };
  await readPartitionToEnd(client, {
    topic: topicIn(client),
    partition: 0,
    from: 0,
    onRecords(records) {
      for (const { value } of records) if (value !== null) take(JSON.parse(value.toString()) as Entry);
    },
  });
  if (begun === undefined) return undefined;
  const { id, by, ids } = begun;
  return { id, by, subjects: new Set(ids), names, visited, rewritten, deadLetters };
}

/**
 * Writes for an erasure, as long as it is the only one: whoever opens the journal next takes it over, and this one can commit nothing more.
 */
export class Journal {
  readonly #topic: string;
  readonly #producer: TransactionalProducer;

  private constructor(topic: string, producer: TransactionalProducer) {
    this.#topic = topic;
    this.#producer = producer;
  }

  /** Takes the journal over, and makes its topic where there is none. */
  static async open(client: KafkaClient, choices: TopicChoices): Promise<Journal> {
    const topic = {
      name: topicIn(client),
      partitions: 1,
      config: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
    };
    await ensureTopics(client, asSet([topic], choices));
    const journal = new Journal(
      topic.name,
      new TransactionalProducer(client, { transactionalId: namesIn(client).own('tidemark-erasure') }),
    );
    await journal.#whileAlone((producer) => producer.fence());
    return journal;
  }

  /**
   * Writes in one transaction.
   *
   * @throws Failure `kafka.instance-taken` when another run has taken the journal over.
   */
  async commit(sends: readonly Send[]): Promise<void> {
    await this.#whileAlone((producer) => producer.commit({ sends, offsets: [], groupId: '' }));
  }

  /** Commits a transaction without records over partitions. @throws Failure as `commit`. */
  async mark(places: readonly TopicPartition[]): Promise<void> {
    await this.#whileAlone((producer) => producer.mark(places));
  }

  /** Makes sure that no other run has taken the journal over. @throws Failure as `commit`. */
  async assertMine(): Promise<void> {
    await this.mark([{ topic: this.#topic, partition: 0 }]);
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#producer.close();
  }

  async #whileAlone(work: (producer: TransactionalProducer) => Promise<unknown>): Promise<void> {
    try {
      await work(this.#producer);
    } catch (cause) {
      if (!isFailure(cause, 'kafka.fenced')) throw cause;
      throw new Failure('kafka.instance-taken', 'another run of the erasure has begun, and goes on alone', {
        cause,
      });
    }
  }
}

const namesPerRecord = 1_000;

/** Entries as records of the journal, none of them large. */
export function journalSend(client: KafkaClient, ...entries: readonly Entry[]): Send {
  const small = entries.flatMap((entry): Entry[] => {
    if (entry.type === 'names') return inParts(entry.names).map((names) => ({ ...entry, names }));
    return entry.type === 'visited' ? inParts(entry.ids).map((ids) => ({ ...entry, ids })) : [entry];
  });
  return {
    topic: topicIn(client),
    partition: 0,
    records: small.map((entry) => ({ key: null, value: Buffer.from(JSON.stringify(entry)) })),
  };
}

function inParts<One>(all: readonly One[]): (readonly One[])[] {
  return Array.from({ length: Math.ceil(all.length / namesPerRecord) }, (_, part) =>
    all.slice(part * namesPerRecord, (part + 1) * namesPerRecord),
  );
}

/**
 * Refuses to begin an erasure of others while one is not done.
 *
 * @throws Failure `settings.invalid`.
 */
export function assertSame(unfinished: Erasure, wanted: ReadonlySet<string>): void {
  const isSame = wanted.size === 0 || wanted.symmetricDifference(unfinished.subjects).size === 0;
  if (isSame) return;
  throw new Failure(
    'settings.invalid',
    `an erasure of ${unfinished.subjects.size} other customers is not done: wait for it, or go on with it by \`npx tidemark forget --resume\` where it was cut off, then give these`,
  );
}
