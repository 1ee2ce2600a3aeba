import { createLog, type Log } from '@tidemark/service/log';
import { type Broker, type Cluster, discard, openKafka } from './client.ts';
import { heartbeat } from './group-requests.ts';
import type { HeartbeatThreadData, Known } from './heartbeat-thread.ts';

/** Sends heartbeats of a busy member, over a connection that it opens when it has to. */
export class HeartbeatSender {
  readonly #data: HeartbeatThreadData;
  readonly #log: Log;
  #open: { readonly cluster: Cluster; readonly coordinator: Broker } | undefined;

  constructor(data: HeartbeatThreadData) {
    this.#data = data;
    this.#log = createLog('heartbeat', data.logLevel);
  }

  /** Sends one. @returns Whether it was answered well; what else it may mean the main thread finds out with its own next one. */
  async send({ memberId, generationId }: Known): Promise<boolean> {
    const { groupId, instanceId } = this.#data;
    try {
      this.#open ??= await this.#opened();
      await heartbeat(this.#open.coordinator, { groupId, instanceId, memberId }, generationId);
      return true;
    } catch (error) {
      this.#log.warn({ err: error, groupId }, 'A heartbeat of a busy member failed.');
      await this.close();
      return false;
    }
  }

  /** Closes the connection, if there is one. */
  async close(): Promise<void> {
    const closing = this.#open;
    this.#open = undefined;
    if (closing !== undefined) await discard(closing.cluster);
  }

  async #opened(): Promise<{ cluster: Cluster; coordinator: Broker }> {
    const { settings, groupId } = this.#data;
    const cluster = openKafka(settings, this.#log).newCluster();
    try {
      await cluster.connect();
      return { cluster, coordinator: await cluster.findGroupCoordinator({ groupId, coordinatorType: 0 }) };
    } catch (error) {
      await discard(cluster);
      throw error;
    }
  }
}
