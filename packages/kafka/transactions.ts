import { Failure } from '@tidemark/service/failures';
import type { Broker, KafkaClient } from './client.ts';
import { sendFlexible } from './flexible-request.ts';
import { list as listOf, text } from './flexible-writer.ts';
import { withCluster } from './offsets.ts';

/** A transaction that is not ended. */
export type OpenTransaction = {
  readonly transactionalId: string;
  /** By the clock of its coordinator; milliseconds since the epoch. */
  readonly startedAt: number;
  /** After this time the coordinator ends it by itself, in milliseconds. */
  readonly timeoutMs: number;
};

const [describeKey, listKey] = [65, 66];
const open = new Set(['Ongoing', 'PrepareCommit', 'PrepareAbort']);
const retryTimeoutMs = 10_000;

/**
 * Every transaction that is not ended, of all coordinators.
 *
 * @param brokers Numbers of the brokers.
 * @throws Failure `kafka.unavailable`; `kafka.refused` when the user may not look, or a broker is older than Kafka 3.0.
 * @see https://kafka.apache.org/protocol#The_Messages_ListTransactions
 */
export async function openTransactions(
  client: KafkaClient,
  brokers: readonly number[],
): Promise<OpenTransaction[]> {
  return withCluster(client, 'looking for open transactions', retryTimeoutMs, async (cluster) => {
    await cluster.refreshMetadata();
    const found: OpenTransaction[] = [];
    for (const nodeId of brokers) {
      const broker = await cluster.findBroker({ nodeId });
      if (broker.versions?.[listKey] === undefined)
        throw new Failure(
          'kafka.refused',
          `broker ${nodeId} is older than Kafka 3.0: it lists no transactions`,
        );
      const ids = await list(broker);
      if (ids.length > 0) found.push(...(await describe(broker, ids)));
    }
    return found;
  });
}

async function list(broker: Broker): Promise<string[]> {
  const all = await sendFlexible(broker, {
    key: listKey,
    version: 0,
    name: 'ListTransactions',
    fields: [...listOf([], () => []), ...listOf([], () => [])], // of any state, of any producer
    read: (reader) => {
      reader.int16(); // an error of the whole
      reader.list(() => reader.text()); // filters that it does not know
      return reader.list(() => {
        const id = reader.text();
        reader.int64();
        const state = reader.text();
        reader.tags();
        return { id, state };
      });
    },
  });
  return all.filter(({ state }) => open.has(state)).map(({ id }) => id);
}

async function describe(broker: Broker, ids: readonly string[]): Promise<OpenTransaction[]> {
  const all = await sendFlexible(broker, {
    key: describeKey,
    version: 0,
    name: 'DescribeTransactions',
    fields: listOf(ids, (id) => [text(id)]),
    read: (reader) =>
      reader.list(() => {
        reader.int16(); // one that has ended since has an error, and no start
        const transactionalId = reader.text();
        const state = reader.text();
        const [timeoutMs, startedAt] = [reader.int32(), reader.int64()];
        reader.int64();
        reader.int16();
        reader.list(() => {
          reader.text();
          reader.list(() => reader.int32());
          reader.tags();
        });
        reader.tags();
        return { transactionalId, state, startedAt, timeoutMs };
      }),
  });
  return all
    .filter(({ state, startedAt }) => open.has(state) && startedAt > 0)
    .map(({ transactionalId, startedAt, timeoutMs }) => ({ transactionalId, startedAt, timeoutMs }));
}
