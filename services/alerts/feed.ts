import { decodeCounters } from '@tidemark/events/counter-codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { Family } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import { listOffsets } from '@tidemark/kafka/offsets';
import { followPartitions } from '@tidemark/kafka/restore';
import type { Finding } from './detect/finding.ts';
import type { Rule } from './rules/rule.ts';
import { SeriesBook, type Instant } from './series/series-book.ts';

/** What the rules look at, kept up to date from Kafka alone. */
export type Feed = {
  readonly book: SeriesBook;
  readonly dataThrough: (families: readonly Family[]) => Instant | undefined;
  readonly customersOf: (rule: Rule, finding: Finding) => readonly string[];
  /** Settled once the counters were read to where they ended when the feed began. */
  readonly caughtUp: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Records of facts that are read from before the start: who left in the minutes of a restart is known as well. */
const factsBack = 5_000;

async function recentFacts(
  client: KafkaClient,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const [starts, ends] = await Promise.all([
    listOffsets(client, 'facts', partitions, 'start'),
    listOffsets(client, 'facts', partitions, 'stable-end'),
  ]);
  return new Map(
    [...ends].map(([partition, end]) => [partition, Math.max(starts.get(partition)!, end - factsBack)]),
  );
}

type Left = {
  readonly customer: string;
  readonly at: Instant;
  readonly labels: Readonly<Record<string, string>>;
};

/** Customers who left or said so are remembered for so long, and no more of them than so many. */
const rememberedMs = 24 * 3_600_000;
const rememberedMax = 5_000;
/** Kinds of facts that name customers, with the series they stand behind. */
const namingKinds: Readonly<Record<string, RegExp>> = {
  customer_movement: /^(customers_lost|mrr_lost|mrr$)/,
  cancellation: /^cancellations_scheduled/,
};

/**
 * Follows the counters from their beginning, and the facts from a little before now: of these only how far each partition is
 * counted, and who left. It needs no ClickHouse.
 */
export async function openFeed(
  client: KafkaClient,
  partitions: number,
  onFatal: (error: unknown) => void,
): Promise<Feed> {
  const book = new SeriesBook();
  const codec = factBlockCodec();
  const through = new Map<string, Instant>();
  const left = new Map<string, Left[]>(Object.keys(namingKinds).map((kind) => [kind, []]));
  const all = Array.from({ length: partitions }, (_, partition) => partition);

  const takeFacts = (kind: string, bytes: Buffer): void => {
    if (kind === 'progress') {
      for (const row of codec.decode(kind, bytes).facts)
        through.set(`${String(row['family'])}|${String(row['partition'])}`, Number(row['data_through']));
      return;
    }
    const known = left.get(kind);
    if (known === undefined) return;
    for (const row of codec.decode(kind, bytes).facts) {
      if (row['movement'] !== 'churn' && row['action'] !== 'scheduled') continue;
      const customer = String(row['customer_id']);
      if (row.sign === -1) {
        const index = known.findIndex((one) => one.customer === customer && one.at === row.at);
        if (index !== -1) known.splice(index, 1);
        continue;
      }
      const labels = {
        segment: row['segment'],
        owner: row['owner'],
        country: row['country'],
        plan: row['plan_id'],
        reason: row['reason'],
      };
      known.push({ customer, at: row.at, labels: labels as Left['labels'] });
    }
    const newest = known.reduce((latest, { at }) => Math.max(latest, at), 0);
    const kept = known.filter(({ at }) => at > newest - rememberedMs).slice(-rememberedMax);
    left.set(kind, kept);
  };

  const from = await recentFacts(client, all);
  const facts = await followPartitions(client, {
    topic: 'facts',
    partitions: all,
    from,
    onDelivery: ({ records }) => {
      for (const { key, value } of records) if (value !== null) takeFacts(key?.toString() ?? '', value);
    },
    onFatal,
  });
  const counters = await followPartitions(client, {
    topic: 'counters',
    partitions: all,
    onDelivery: ({ partition, records }) => {
      for (const { value } of records) if (value !== null) book.apply(partition, decodeCounters(value));
    },
    onFatal,
  });

  return {
    book,
    dataThrough(families) {
      let least = Infinity;
      for (const family of families)
        for (const partition of all) {
          const reached = through.get(`${family}|${partition}`);
          if (reached === undefined) return undefined;
          least = Math.min(least, reached);
        }
      return least === Infinity ? undefined : least;
    },
    customersOf({ search }, { labels, from, to }) {
      const series = 'select' in search ? search.select.series : 'level' in search ? search.level : '';
      const kind = Object.keys(namingKinds).find((one) => namingKinds[one]!.test(series));
      const those = (kind === undefined ? undefined : left.get(kind)) ?? [];
      const isOne = (one: Left): boolean =>
        one.at >= from &&
        one.at <= to &&
        Object.entries(labels).every(
          ([name, value]) => one.labels[name] === undefined || one.labels[name] === value,
        );
      return [...new Set(those.filter(isOne).map(({ customer }) => customer))];
    },
    caughtUp: counters.caughtUp,
    stop: async () => {
      await Promise.all([facts.stop(), counters.stop()]);
    },
  };
}
