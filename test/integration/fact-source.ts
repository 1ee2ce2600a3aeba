import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { KafkaClient } from '@tidemark/kafka/client';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';

/** What was published so far: rows and sums that ClickHouse must have in the end. */
export type Published = { rows: number; received: number; late: number };

/** Publishes audit facts as the processor does: blocks of a kind, in transactions, to every partition. */
export type FactSource = {
  readonly published: Readonly<Published>;
  /** One transaction: `facts` audit facts and a note of progress in each partition. */
  readonly publish: (facts: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * A source of facts whose sums are known. Each fact differs, so that a block left out or counted twice shows.
 *
 * @param transactionalId Unique a source.
 */
export async function factSource(
  client: KafkaClient,
  topic: string,
  partitions: number,
  transactionalId: string,
): Promise<FactSource> {
  const codec = factBlockCodec();
  const producer = new TransactionalProducer(client, { transactionalId });
  await producer.fence();
  const published: Published = { rows: 0, received: 0, late: 0 };
  const quarterHour = 900_000;
  const begin = Date.UTC(2026, 0, 1);
  return {
    published,
    async publish(count) {
      const recordedAt = Date.now();
      const made: Published = { rows: 0, received: 0, late: 0 };
      const sends = Array.from({ length: partitions }, (_, partition) => {
        const facts = Array.from({ length: count }, () => {
          const n = published.rows + made.rows;
          made.rows += 1;
          made.received += n + 1;
          made.late += n % 7;
          const fact = {
            at: begin + (n % 50) * quarterHour,
            family: 'cart',
            source: `source ${n % 3}`,
            received: n + 1,
            duplicates: 0,
            voided: 0,
            late: n % 7,
            dead_lettered: 0,
          };
          return { sign: 1 as const, cause: 'arrived', fact };
        });
        const progress = {
          at: recordedAt,
          family: 'cart',
          partition,
          data_through: recordedAt,
          last_received_at: null,
        };
        const records = [
          { key: Buffer.from('ingest_audit'), value: codec.encode('ingest_audit', { recordedAt, facts }) },
          {
            key: Buffer.from('progress'),
            value: codec.encode('progress', {
              recordedAt,
              facts: [{ sign: 1, cause: 'arrived', fact: progress }],
            }),
          },
        ];
        return { topic, partition, records };
      });
      await producer.commit({ groupId: `${transactionalId}-group`, sends, offsets: [] });
      published.rows += made.rows;
      published.received += made.received;
      published.late += made.late;
    },
    close: () => producer.close(),
  };
}
