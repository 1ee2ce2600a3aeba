import { decodeCounters } from '@tidemark/events/counter-codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { Family } from '@tidemark/events/families';
import { bucketOfKey } from '@tidemark/runtime/counters';
import type { KafkaClient } from '@tidemark/kafka/client';
import { listOffsets } from '@tidemark/kafka/offsets';
import { followPartitions } from '@tidemark/kafka/restore';
import type { Finding } from './detect/finding.ts';
import type { Rule } from './rules/rule.ts';
import { SeriesStore, type Instant } from './series/series-store.ts';

/** The data that rules are evaluated on, kept up to date from Kafka alone. */
export type Feed = {
  readonly series: SeriesStore;
  readonly dataThrough: (families: readonly Family[]) => Instant | undefined;
  readonly customersOf: (rule: Rule, finding: Finding) => readonly string[];
  /** Resolves once the counters are read up to where they ended when the feed was opened. */
  readonly caughtUp: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Records of facts that are read from before the start, so that customers lost during a restart are known as well. */
const factRecordsBack = 5_000;

async function recentFacts(
  client: KafkaClient,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const [starts, ends] = await Promise.all([
    listOffsets(client, 'facts', partitions, 'start'),
    listOffsets(client, 'facts', partitions, 'stable-end'),
  ]);
  return new Map(
    [...ends].map(([partition, end]) => [partition, Math.max(starts.get(partition)!, end - factRecordsBack)]),
  );
}

type LostCustomer = {
  readonly customer: string;
  readonly at: Instant;
  readonly labels: Readonly<Record<string, string>>;
};

/** Lost customers and scheduled cancellations are kept for so long, and at most so many of them. */
const lostKeptMs = 24 * 3_600_000;
const lostKeptMax = 5_000;
/** Kinds of facts that name customers, and the series that count them. */
const namingKinds: Readonly<Record<string, RegExp>> = {
  customer_movement: /^(customers_lost|mrr_lost|mrr$)/,
  cancellation: /^cancellations_scheduled/,
};

/**
 * Follows the counters from their beginning, and the facts from shortly before now. From the facts it takes only how far
 * each partition is counted, and which customers were lost or have scheduled a cancellation. It needs no ClickHouse.
 */
export async function openFeed(
  client: KafkaClient,
  partitions: number,
  onFatal: (error: unknown) => void,
): Promise<Feed> {
  const series = new SeriesStore();
  const codec = factBlockCodec();
  const through = new Map<string, Instant>();
  const lost = new Map<string, LostCustomer[]>(Object.keys(namingKinds).map((kind) => [kind, []]));
  const all = Array.from({ length: partitions }, (_, partition) => partition);

  const takeFacts = (kind: string, bytes: Buffer): void => {
    if (kind === 'progress') {
      for (const row of codec.decode(kind, bytes).facts)
        through.set(`${String(row['family'])}|${String(row['partition'])}`, Number(row['data_through']));
      return;
    }
    const known = lost.get(kind);
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
      known.push({ customer, at: row.at, labels: labels as LostCustomer['labels'] });
    }
    const newest = known.reduce((latest, { at }) => Math.max(latest, at), 0);
    const kept = known.filter(({ at }) => at > newest - lostKeptMs).slice(-lostKeptMax);
    lost.set(kind, kept);
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
      for (const { key, value } of records)
        if (value !== null) series.apply(partition, decodeCounters(value));
        else if (key !== null) series.remove(partition, bucketOfKey(key.toString()));
    },
    onFatal,
  });

  return {
    series,
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
      const name = 'select' in search ? search.select.series : 'level' in search ? search.level : '';
      const kind = Object.keys(namingKinds).find((one) => namingKinds[one]!.test(name));
      const those = (kind === undefined ? undefined : lost.get(kind)) ?? [];
      const isOne = (one: LostCustomer): boolean =>
        one.at >= from &&
        one.at <= to &&
        Object.entries(labels).every(
          ([label, value]) => one.labels[label] === undefined || one.labels[label] === value,
        );
      return [...new Set(those.filter(isOne).map(({ customer }) => customer))];
    },
    caughtUp: counters.caughtUp,
    stop: async () => {
      await Promise.all([facts.stop(), counters.stop()]);
    },
  };
}
