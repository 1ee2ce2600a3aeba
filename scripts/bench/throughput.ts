import { setTimeout as sleep } from 'node:timers/promises';
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { topicOf } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { partitionOf } from '@tidemark/events/partition-of';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { TransactionalProducer, type Send } from '@tidemark/kafka/transactional-producer';
import { createPublisher, type NewEvent } from '../../packages/publisher/index.ts';
import { measured, type Bench, type RunningService } from './servers.ts';

/** How much went through, in how long, at what cost of CPU; memory at its highest. */
export type Throughput = {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number | null;
  readonly residentMbMax: number | null;
};

function throughput(
  events: number,
  startedAt: number,
  cpuSeconds?: number,
  residentBytes?: number,
): Throughput {
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    events,
    seconds: rounded(seconds, 1),
    eventsPerSecond: Math.round(events / seconds),
    eventsPerCpuSecond: cpuSeconds === undefined ? null : Math.round(events / cpuSeconds),
    residentMbMax: residentBytes === undefined ? null : Math.round(residentBytes / 1e6),
  };
}

/** A number with so many decimals. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

const linesPerRequest = 1_000;
const requestsAtOnce = 4;

/** Posts the events as NDJSON, a few requests at a time, until all are acknowledged. */
export async function collectorThroughput(bench: Bench, events: readonly Event[]): Promise<Throughput> {
  const collector = await bench.start('collector');
  const bodies: string[] = [];
  for (let from = 0; from < events.length; from += linesPerRequest)
    bodies.push(
      events
        .slice(from, from + linesPerRequest)
        .map((event) => JSON.stringify(withoutNulls(event)))
        .join('\n'),
    );
  const [cpuBefore = 0] = await measured(collector, 'process_cpu_seconds_total');
  const startedAt = performance.now();
  const post = async (): Promise<void> => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const answer = await fetch(`http://127.0.0.1:${collector.port}/v1/events`, {
        method: 'POST',
        headers: { authorization: 'Bearer dev-key', 'content-type': 'application/x-ndjson' },
        body,
      });
      if (answer.status === 429) {
        bodies.push(body);
        await sleep(100);
      } else if (answer.status !== 202) throw new Error(`collector: ${answer.status} ${await answer.text()}`);
      else await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, post));
  const [cpu = 0, resident = 0] = await measured(
    collector,
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
  );
  const result = throughput(events.length, startedAt, cpu - cpuBefore, resident);
  await collector.child.stop();
  return result;
}

/** Events as JSON has them: what is absent is left out. */
function withoutNulls(event: Event): object {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null));
}

/** Publishes the events with the TypeScript publisher, in this process. */
export async function publisherThroughput(bench: Bench, events: readonly Event[]): Promise<Throughput> {
  const publisher = await createPublisher({ brokers: [String(bench.kafka.brokers)], source: 'bench' });
  const drafts = events.map((event) => withoutNulls(event) as NewEvent);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  for (let from = 0; from < drafts.length; from += 5_000)
    await publisher.publishAll(drafts.slice(from, from + 5_000));
  await publisher.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  return throughput(events.length, startedAt, (user + system) / 1e6, process.memoryUsage.rss());
}

/** Puts the events into Kafka as fast as may be: not measured. */
export async function load(bench: Bench, events: Iterable<Event>): Promise<number> {
  const producer = new TransactionalProducer(bench.client, { transactionalId: `load-${process.pid}` });
  await producer.fence();
  let sends = new Map<string, Send & { records: { key: Buffer; value: Buffer }[] }>();
  let loaded = 0;
  const flush = async (): Promise<void> => {
    await producer.commit({ sends: [...sends.values()], offsets: [], groupId: 'load' });
    sends = new Map();
  };
  for (const event of events) {
    const topic = topicOf(familyOf(event.type), '');
    const key = entityKeyOf(event);
    const partition = partitionOf(key, bench.partitions);
    let send = sends.get(`${topic} ${partition}`);
    if (send === undefined) sends.set(`${topic} ${partition}`, (send = { topic, partition, records: [] }));
    send.records.push({ key: Buffer.from(key), value: encodeEvent(event) });
    if (++loaded % 10_000 === 0) await flush();
  }
  await flush();
  await producer.close();
  return loaded;
}

/** From the start of the processor until it has counted the backlog; with its CPU and the highest memory seen. */
export async function processorThroughput(
  bench: Bench,
  backlog: number,
  onProgress: (counted: number) => void,
): Promise<Throughput & { readonly processor: RunningService }> {
  const startedAt = performance.now();
  const processor = await bench.start('processor');
  let resident = 0;
  for (;;) {
    const [counted = 0, cpu = 0, memory = 0] = await measured(
      processor,
      'tidemark_processor_records_total',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
    );
    resident = Math.max(resident, memory);
    onProgress(counted);
    if (counted >= backlog) return { ...throughput(backlog, startedAt, cpu, resident), processor };
    await sleep(250);
  }
}

/** From the start of the sink until every fact in Kafka is in ClickHouse: `events` are facts here. */
export async function sinkThroughput(bench: Bench): Promise<Throughput & { readonly sink: RunningService }> {
  const startedAt = performance.now();
  const sink = await bench.start('sink');
  await untilSunk(bench);
  const [cpu = 0, resident = 0] = await measured(
    sink,
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
  );
  const facts = Number(
    await bench.query(
      "SELECT sum(total_rows) FROM system.tables WHERE database = 'tidemark_store' AND name IN (SELECT DISTINCT table FROM system.columns WHERE database = 'tidemark_store' AND name = 'recorded_at')",
    ),
  );
  return { ...throughput(facts, startedAt, cpu, resident), sink };
}

/** Waits until a processor, asked again and again, has taken in so many records since its start. */
export async function untilCounted(processor: RunningService, records: number): Promise<void> {
  for (;;) {
    const [counted = 0] = await measured(processor, 'tidemark_processor_records_total');
    if (counted >= records) return;
    await sleep(50);
  }
}

const mergedForMs = 3_000;
const mergingAtMostMs = 120_000;

/** Waits until ClickHouse has merged nothing for a while: what a backlog left is no part of a steady rate. */
export async function untilMerged(bench: Bench): Promise<void> {
  const giveUpAt = performance.now() + mergingAtMostMs;
  let quietSince = performance.now();
  while (performance.now() - quietSince < mergedForMs && performance.now() < giveUpAt) {
    await sleep(250);
    if ((await bench.query('SELECT count() FROM system.merges')) !== '0') quietSince = performance.now();
  }
}

/** Waits until the sink has committed all facts there are now. */
export async function untilSunk(bench: Bench): Promise<void> {
  const partitions = Array.from({ length: bench.partitions }, (_, partition) => partition);
  const ends = await listOffsets(bench.client, 'facts', partitions, 'stable-end');
  for (;;) {
    const asked = partitions.map((partition) => ({ topic: 'facts', partition }));
    const committed = await committedOffsets(bench.client, 'tidemark-sink', asked);
    // The last offset of a transaction is its commit marker, which is no fact.
    if (committed.every(({ partition, offset }) => (offset ?? 0) >= ends.get(partition)! - 1)) return;
    await sleep(50);
  }
}
