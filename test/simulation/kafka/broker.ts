/** A broker of the simulated cluster as kafkajs's `Broker`: the requests that kafkajs encodes. */
import { type Broker, type OffsetOf, partitionKey } from '@tidemark/kafka/client';
import type { SimulatedBroker, SimulatedCluster } from './cluster.ts';
import { errors, ProtocolError } from './errors.ts';
import { type Ask, sendTo } from './own-requests.ts';

type OffsetTopics = readonly {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly offset: string;
    readonly metadata: string | null;
  }[];
}[];

const offsetsIn = (topics: OffsetTopics): OffsetOf[] =>
  topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset, metadata }) => ({
      topic,
      partition,
      offset: Number(offset),
      metadata: metadata ?? '',
    })),
  );

/** The broker as one user of the cluster sees it, who asks it by `ask`. */
export function brokerOn(cluster: SimulatedCluster, broker: SimulatedBroker, ask: Ask): Broker {
  const { transactions, groups } = cluster;
  /** Asks the broker as the coordinator of an id; one that is not refuses. */
  const coordinating = async <Answer>(id: string, doing: string, handle: () => Answer): Promise<Answer> =>
    ask<Answer>(`${doing} ${id}`, (answer) => {
      if (cluster.coordinatorOf(id) !== broker) throw new ProtocolError(errors.notCoordinator);
      answer(handle());
    });
  return {
    nodeId: broker.nodeId,
    versions: null,
    connectionPool: { send: sendTo(cluster, broker, ask) },
    initProducerId: async ({ transactionalId = '', transactionTimeout }) =>
      coordinating(transactionalId, 'InitProducerId', () =>
        transactions.initProducer(transactionalId, transactionTimeout),
      ),
    addPartitionsToTxn: async ({ topics, ...producer }) =>
      coordinating(producer.transactionalId, 'AddPartitionsToTxn', () =>
        transactions.addPartitions(
          identityOf(producer),
          topics.flatMap(({ topic, partitions }) =>
            partitions.map((partition) => partitionKey({ topic, partition })),
          ),
        ),
      ),
    addOffsetsToTxn: async ({ groupId, ...producer }) =>
      coordinating(producer.transactionalId, 'AddOffsetsToTxn', () =>
        transactions.addGroup(identityOf(producer), groupId),
      ),
    offsetCommit: async ({ groupId, memberId, groupGenerationId, topics }) =>
      coordinating(groupId, `OffsetCommit ${groupGenerationId} ${textOf(offsetsIn(topics))}`, () =>
        groups.commit(groupId, memberId, groupGenerationId, offsetsIn(topics)),
      ),
    offsetFetch: async ({ groupId, topics }) =>
      coordinating(groupId, 'OffsetFetch', () => ({
        responses: topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition }) => {
            const found = cluster.committed(groupId, { topic, partition });
            return { partition, offset: String(found?.offset ?? -1), metadata: found?.metadata ?? '' };
          }),
        })),
      })),
    listOffsets: async ({ isolationLevel, topics }) =>
      ask(`ListOffsets ${JSON.stringify(topics)}`, (answer) =>
        answer({
          responses: topics.map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(({ partition, timestamp }) => {
              const log = cluster.log({ topic, partition })!;
              if (cluster.leaderOf({ topic, partition }) !== broker.nodeId)
                throw new ProtocolError(errors.notLeaderForPartition);
              const end = isolationLevel === 1 ? log.stableEnd : log.end;
              return { partition, offset: String(timestamp === -2 ? 0 : end) };
            }),
          })),
        }),
      ),
    leaveGroup: async ({ groupId, memberId }) =>
      coordinating(groupId, 'LeaveGroup', () => groups.leave(groupId, memberId)),
  };
}

function identityOf(producer: {
  transactionalId: string;
  producerId: number | string;
  producerEpoch: number;
}): { transactionalId: string; producerId: number; producerEpoch: number } {
  return { ...producer, producerId: Number(producer.producerId) };
}

function textOf(offsets: readonly OffsetOf[]): string {
  return offsets
    .map(({ topic, partition, offset, metadata }) => `${topic}/${partition}:${offset} ${metadata}`)
    .join();
}
