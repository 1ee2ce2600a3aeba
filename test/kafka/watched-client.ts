import type { Broker, KafkaClient, WireRequest } from '@tidemark/kafka/client';

/** What happens while the answer to a request gets lost, with the connection; undefined where it comes. */
export type Mishap = (() => Promise<void>) | undefined;

/**
 * A client that says what its connections ask brokers for.
 *
 * @param onRequest Gets the name and version of each request, `EndTxn true 5`, before it is sent.
 */
export function watchedClient(client: KafkaClient, onRequest: (request: string) => Mishap): KafkaClient {
  const watched = new WeakSet<Broker>();
  const watch = (broker: Broker): Broker => {
    if (watched.has(broker)) return broker;
    watched.add(broker);
    const pool = broker.connectionPool;
    const send = pool.send.bind(pool);
    pool.send = async (wire: WireRequest): Promise<unknown> => {
      const mishap = onRequest(`${wire.request.apiName} ${wire.request.apiVersion}`);
      const answer = await send(wire);
      if (mishap === undefined) return answer;
      await mishap();
      throw Object.assign(new Error('the answer got lost'), { name: 'KafkaJSConnectionClosedError' });
    };
    return broker;
  };
  return {
    ...client,
    newCluster: () => {
      const cluster = client.newCluster();
      // The finder of coordinators finds the broker by it too.
      const find = cluster.findBroker.bind(cluster);
      cluster.findBroker = async (node) => watch(await find(node));
      return cluster;
    },
  };
}
