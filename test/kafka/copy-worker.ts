/**
 * A worker for `kills.test.ts`. It copies each record of topic `in` to topic `out`, exactly once. For each partition it keeps the
 * last number in topic `state`, and restores it. A number that does not follow the one before is a gap: state and offsets do not
 * agree any more. It writes the gap to `out`.
 *
 * Usage: node copy-worker.ts BROKERS PREFIX
 */
import type { KafkaClient } from '@tidemark/kafka/client';
import { type Group, type GroupDelivery, type KafkaRecord, runGroup } from '@tidemark/kafka/group';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { clientOf } from './broker.ts';

const [brokers = '', prefix = ''] = process.argv.slice(2);
const client = clientOf(brokers);
const [input, output, state] = [`${prefix}-in`, `${prefix}-out`, `${prefix}-state`];
const groupId = `${prefix}-group`;
const batchMax = 500;

class Task {
  readonly #client: KafkaClient;
  readonly #partition: number;
  readonly #producer: TransactionalProducer;
  #queue: KafkaRecord[] = [];
  #last = -1;
  #committing: Promise<void> | undefined;
  /** Next offset to be taken in. */
  position = 0;
  stopped = false;

  constructor(given: KafkaClient, partition: number) {
    this.#client = given;
    this.#partition = partition;
    this.#producer = new TransactionalProducer(given, { transactionalId: `${prefix}-${partition}` });
  }

  async start(): Promise<void> {
    const partition = this.#partition;
    await this.#producer.fence();
    const [committed] = await committedOffsets(this.#client, groupId, [{ topic: input, partition }]);
    await readPartitionToEnd(this.#client, {
      topic: state,
      partition,
      from: 0,
      onRecords: (records) => {
        for (const { value } of records) this.#last = Number(value);
      },
    });
    this.position = committed?.offset ?? 0;
  }

  offer(records: readonly KafkaRecord[], nextOffset: number, onFailed: (error: unknown) => void): void {
    this.#queue.push(...records.filter(({ offset }) => offset >= this.position));
    this.position = nextOffset;
    this.#committing ??= this.#run()
      .catch(onFailed)
      .finally(() => {
        this.#committing = undefined;
      });
  }

  /** Waits for the transaction under way; what is queued is forgotten. */
  async rest(): Promise<void> {
    const dropped = this.#queue.splice(0);
    if (dropped[0] !== undefined) this.position = dropped[0].offset;
    await this.#committing;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.rest();
    await this.#producer.close();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.stopped) {
      const batch = this.#queue.splice(0, batchMax);
      let last = this.#last;
      const records = batch.map(({ value }) => {
        const number = Number(value);
        const text = number === last + 1 ? String(number) : `gap ${last} ${number}`;
        last = number;
        return { key: null, value: Buffer.from(text) };
      });
      const partition = this.#partition;
      const kept = { key: Buffer.from('last'), value: Buffer.from(String(last)) };
      await this.#producer.commit({
        groupId,
        sends: [
          { topic: output, partition, records },
          { topic: state, partition, records: [kept] },
        ],
        offsets: [{ topic: input, partition, offset: batch.at(-1)!.offset + 1 }],
      });
      this.#last = last;
    }
  }
}

const tasks = new Map<number, Task>();
let generation = 0;

const group: Group = runGroup(client, {
  groupId,
  topics: [input],
  onAssigned: async (partitions, given) => {
    generation = given;
    const gone = [...tasks].filter(([partition]) => !partitions.includes(partition));
    for (const [partition, task] of gone) {
      tasks.delete(partition);
      await task.stop();
    }
    await Promise.all(partitions.map((partition) => begin(partition, given)));
  },
  onRevoked: async () => {
    await Promise.all([...tasks.values()].map((task) => task.rest()));
  },
  onBatch: ({ partition, records, nextOffset }: GroupDelivery) => {
    const task = tasks.get(partition);
    task?.offer(records, nextOffset, (error) => void failed(partition, task, error));
  },
  onFatal: (error) => die(error),
});

/** Reads on with the task there is, or with a new one. */
async function begin(partition: number, given: number): Promise<void> {
  let task = tasks.get(partition);
  if (task === undefined) {
    task = new Task(client, partition);
    try {
      await task.start();
    } catch (error) {
      await failed(partition, task, error);
      return;
    }
    if (given !== generation) return task.stop();
    tasks.set(partition, task);
  }
  group.seek(input, partition, task.position);
}

/** Drops the task and begins it anew, if it is still this worker's. */
async function failed(partition: number, task: Task, error: unknown): Promise<void> {
  const given = generation;
  if (tasks.get(partition) === task) tasks.delete(partition);
  task.stopped = true;
  process.stderr.write(`partition ${partition}: ${String(error).slice(0, 200)}\n`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (group.isCurrent(given) && !tasks.has(partition)) await begin(partition, given);
}

function die(error: unknown): void {
  process.stderr.write(`fatal: ${String(error)}\n`);
  process.exit(1);
}
