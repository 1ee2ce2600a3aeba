/** The requests that the Kafka layer encodes itself, answered by a broker of the simulated cluster. */
import { type Broker, partitionKey } from '@tidemark/kafka/client';
import { readInt64 } from '../../../packages/kafka/patched/record-batches.ts';
import type { SimulatedBroker, SimulatedCluster } from './cluster.ts';
import { errors, ProtocolError } from './errors.ts';
import * as flexible from './flexible-requests.ts';
import * as wire from './requests.ts';

/** Sends a request over the network. `handle` is what the broker does, and answers by the call. */
export type Ask = <Answer>(
  doing: string,
  handle: (answer: (given: Answer) => void) => void,
  waitMs?: number,
) => Promise<Answer>;

type Request = { readonly key: number; readonly version: number; readonly body: Buffer };

/** The first versions of requests of transactions version 2, in which brokers add partitions and groups. */
const impliedFrom = { produce: 12, transactionOffsets: 5, endTransaction: 5 } as const;

const clusterId = 'simulated';
const topicId = Buffer.alloc(16, 7);

const notLed = {
  errorCode: errors.notLeaderForPartition,
  highWatermark: -1,
  stableEnd: -1,
  aborted: [],
  bytes: Buffer.alloc(0),
};

/** Sends what the Kafka layer has encoded, and reads the answer as it asks for. */
export function sendTo(
  cluster: SimulatedCluster,
  broker: SimulatedBroker,
  ask: Ask,
): Broker['connectionPool']['send'] {
  return async ({ request, response, requestTimeout }) => {
    const { buf: body } = await request.encode();
    const payload = await ask<Buffer>(
      `${request.apiName} ${body.length}`,
      (answer) =>
        handleOwn(cluster, broker, { key: request.apiKey, version: request.apiVersion, body }, answer),
      requestTimeout,
    );
    return response.parse(await response.decode(payload));
  };
}

function handleOwn(
  cluster: SimulatedCluster,
  broker: SimulatedBroker,
  request: Request,
  answer: (payload: Buffer) => void,
): void {
  const { key, version, body } = request;
  const isCoordinator = (group: string): boolean => cluster.coordinatorOf(group) === broker;
  switch (key) {
    case wire.keys.produce:
      return answer(flexible.writeProduced(produced(cluster, broker, request)));
    case wire.keys.fetch: {
      const { maxWaitMs, partitions } = wire.readFetch(body);
      const [led, others] = [partitions.filter((one) => isLed(one)), partitions.filter((one) => !isLed(one))];
      const refused = others.map(({ topic, partition }) => ({ topic, partition, ...notLed }));
      return cluster.readWhenThere(led, others.length > 0 ? 0 : maxWaitMs, (read) =>
        answer(wire.writeFetched([...read, ...refused])),
      );
    }
    case wire.keys.metadata:
      return answer(wire.writeIdentity(clusterId, topicId));
    case wire.keys.join: {
      const joining = wire.readJoin(body);
      if (isCoordinator(joining.group))
        return cluster.groups.join(joining, (joined) => answer(wire.writeJoined(joined)));
      const { memberId } = joining;
      const refused = { errorCode: errors.notCoordinator, generationId: -1, leaderId: '', memberId };
      return answer(wire.writeJoined({ ...refused, members: [] }));
    }
    case wire.keys.sync: {
      const { shares, ...asked } = wire.readSync(body);
      if (isCoordinator(asked.group))
        return cluster.groups.sync(asked, shares, (synced) => answer(wire.writeSynced(synced)));
      const refused = { errorCode: errors.notCoordinator, assignment: Buffer.alloc(0) };
      return answer(wire.writeSynced(refused));
    }
    case wire.keys.heartbeat: {
      const { group, memberId, generationId } = wire.readHeartbeat(body);
      const errorCode = isCoordinator(group)
        ? cluster.groups.heartbeat(group, memberId, generationId)
        : errors.notCoordinator;
      return answer(wire.writeBeaten(errorCode));
    }
    case wire.keys.apiVersions:
      return answer(flexible.writeFeatures(cluster.transactionVersion));
    case wire.keys.transactionOffsets: {
      const { producer, group, offsets } = flexible.readTransactionOffsets(body);
      const errorCode = codeOf(group, () =>
        cluster.transactions.commitOffsets(
          producer,
          group,
          offsets,
          version >= impliedFrom.transactionOffsets,
        ),
      );
      return answer(flexible.writeTransactionOffsets(offsets, errorCode));
    }
    case wire.keys.endTransaction: {
      const { producer, isCommit } = flexible.readEnd(body);
      let next = producer;
      const errorCode = codeOf(producer.transactionalId, () => {
        if (version >= impliedFrom.endTransaction) next = cluster.transactions.endEpoch(producer, isCommit);
        else cluster.transactions.end(producer, isCommit);
      });
      return answer(flexible.writeEnded(errorCode, next));
    }
    default:
      throw new Error(`the simulated broker has no request ${key}`);
  }
  /** The code that a coordinator answers with: 0 when it did what was asked. */
  function codeOf(id: string, coordinate: () => void): number {
    if (!isCoordinator(id)) return errors.notCoordinator;
    try {
      coordinate();
      return 0;
    } catch (error) {
      if (error instanceof ProtocolError) return error.code;
      throw error;
    }
  }
  function isLed(where: wire.Fetching): boolean {
    return cluster.leaderOf(where) === broker.nodeId;
  }
}

function produced(
  cluster: SimulatedCluster,
  broker: SimulatedBroker,
  { version, body }: Request,
): { topic: string; partition: number; errorCode: number; baseOffset: number }[] {
  const { transactions } = cluster;
  return flexible.readProduce(body).map(({ topic, partition, bytes }) => {
    const where = { topic, partition };
    const [producerId, epoch, key] = [readInt64(bytes, 43), bytes.readInt16BE(51), partitionKey(where)];
    let refusal: number = errors.notLeaderForPartition;
    if (cluster.leaderOf(where) === broker.nodeId)
      refusal =
        version >= impliedFrom.produce
          ? transactions.addByLeader(producerId, epoch, key)
          : transactions.refusalOf(producerId, epoch, key);
    return {
      ...where,
      ...(refusal === 0 ? cluster.append(where, bytes) : { errorCode: refusal, baseOffset: -1 }),
    };
  });
}
