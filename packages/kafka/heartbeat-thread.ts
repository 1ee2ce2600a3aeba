import { Worker } from 'node:worker_threads';
import type { KafkaClient } from './client.ts';
import type { KafkaSettings } from './settings.ts';

/** A member as its group knows it in one generation. */
export type Known = { readonly memberId: string; readonly generationId: number };

/** What the thread is given. */
export type HeartbeatThreadData = {
  readonly settings: KafkaSettings;
  readonly logLevel: string;
  readonly groupId: string;
  readonly instanceId: string | undefined;
  readonly heartbeatMs: number;
  /** After this time without a turn of the main thread no heartbeat is sent any more. */
  readonly timeoutMs: number;
  /** Shared by both threads, see `counter`. */
  readonly counts: Int32Array<SharedArrayBuffer>;
};

/** Places in `counts`: heartbeats that the main thread began, and answers that the other one got. */
export const counter = { beats: 0, answers: 1 } as const;

/** The limit of the thread's memory: it holds a connection or none. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 };

/**
 * Heartbeats while the main thread is busy with one piece of work for longer than a session, such as the fold of a very long
 * history: without them the group would give the partitions to another member, which would be busy with the same work and lose
 * them as well, without end. A thread of its own sends them, and only then.
 */
export class HeartbeatThread {
  readonly #counts = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  #answers = 0;

  constructor(
    { settings, log }: KafkaClient,
    member: Pick<HeartbeatThreadData, 'groupId' | 'instanceId' | 'heartbeatMs' | 'timeoutMs'>,
  ) {
    const { groupId } = member;
    const workerData: HeartbeatThreadData = {
      ...member,
      settings,
      logLevel: log.level,
      counts: this.#counts,
    };
    this.#worker = new Worker(new URL('heartbeat-worker.ts', import.meta.url), {
      workerData,
      resourceLimits,
    });
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      log.warn(
        { err: error, groupId },
        'The thread for heartbeats ended; a busy member may lose its session.',
      );
    });
  }

  /** Says as whom it sends heartbeats from now on; `undefined` for nobody. */
  become(known: Known | undefined): void {
    this.#worker.postMessage(known);
  }

  /** The main thread is about to send a heartbeat of its own. */
  awake(): void {
    Atomics.add(this.#counts, counter.beats, 1);
  }

  /** Whether it got an answer since this was asked last. */
  wasHeard(): boolean {
    const answers = Atomics.load(this.#counts, counter.answers);
    const isNew = answers !== this.#answers;
    this.#answers = answers;
    return isNew;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
