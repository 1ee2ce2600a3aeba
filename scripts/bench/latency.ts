import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../services/events/types.ts';
import { createPublisher, type NewEvent } from '../../services/publisher/index.ts';
import { rounded } from './throughput.ts';
import type { Bench, RunningService } from './servers.ts';

/** Milliseconds from the publish call until seen. */
export type Latency = {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly samples: number;
};

const probeEveryMs = 100;
const pollEveryMs = 20;
const giveUpAfterMs = 30_000;

/**
 * Publishes at a steady rate, and beside it probes: a new customer's subscription, looked for in the view
 * `mrr_movements`, and a cart in a channel of its own, looked for in the live counters.
 */
export async function pacedLatency(
  bench: Bench,
  live: RunningService,
  events: Iterator<Event>,
  eventsPerSecond: number,
  seconds: number,
): Promise<{ readonly counter: Latency; readonly view: Latency; readonly reached: number }> {
  const publisher = await createPublisher({ brokers: [String(bench.kafka.brokers)], source: 'bench' });
  const endAt = performance.now() + seconds * 1000;
  const [reached, samples] = await Promise.all([
    flow(publisher, events, eventsPerSecond, endAt),
    probes(bench, live, publisher, `${eventsPerSecond}-${Date.now()}`, endAt),
  ]);
  await publisher.close();
  return { reached, counter: latencyOf(samples.counter), view: latencyOf(samples.view) };
}

type Publisher = Awaited<ReturnType<typeof createPublisher>>;

async function flow(
  publisher: Publisher,
  events: Iterator<Event>,
  rate: number,
  endAt: number,
): Promise<number> {
  const startedAt = performance.now();
  let sent = 0;
  while (performance.now() < endAt) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    const drafts: NewEvent[] = [];
    for (; sent < due; sent++) drafts.push(liveDraft(events.next().value as Event));
    if (drafts.length > 0) publisher.publishAll(drafts).catch(() => undefined);
    await sleep(10);
  }
  return Math.round(sent / ((performance.now() - startedAt) / 1000));
}

/** The event as if it happened now. */
function liveDraft(event: Event): NewEvent {
  const given = Object.entries(event).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), occurred_at: Date.now() } as unknown as NewEvent;
}

async function probes(
  bench: Bench,
  live: RunningService,
  publisher: Publisher,
  run: string,
  endAt: number,
): Promise<{ counter: number[]; view: number[] }> {
  const samples = { counter: [] as number[], view: [] as number[] };
  const waiting: Promise<void>[] = [];
  for (let index = 0; performance.now() < endAt; index++) {
    waiting.push(probe(bench, live, publisher, `probe-${run}-${index}`, samples));
    await sleep(probeEveryMs);
  }
  await Promise.all(waiting);
  return samples;
}

async function probe(
  bench: Bench,
  live: RunningService,
  publisher: Publisher,
  id: string,
  samples: { counter: number[]; view: number[] },
): Promise<void> {
  const occurred_at = Date.now();
  const startedAt = performance.now();
  await publisher.publishAll([
    {
      type: 'subscription.started',
      event_id: id,
      occurred_at,
      customer_id: id,
      subscription_id: id,
      plan_id: 'probe',
      interval: 'month',
      unit_amount: 100,
      currency: 'USD',
    },
    {
      type: 'cart.created',
      event_id: `${id}-cart`,
      occurred_at,
      cart_id: id,
      value: 1,
      currency: 'USD',
      channel: id,
    },
  ]);
  const since = (): number => performance.now() - startedAt;
  const until = async (isSeen: () => Promise<boolean>, into: number[]): Promise<void> => {
    while (since() < giveUpAfterMs) {
      if (await isSeen()) return void into.push(since());
      await sleep(pollEveryMs);
    }
    throw new Error(`${id} was not seen within ${giveUpAfterMs} ms`);
  };
  const from = new Date(occurred_at - 20 * 60_000).toISOString();
  await Promise.all([
    until(async () => {
      const answer = await fetch(`http://127.0.0.1:${live.port}/v1/counters/carts_created?from=${from}`);
      return (await answer.text()).includes(id);
    }, samples.counter),
    until(
      async () =>
        (await bench.query(`SELECT count() FROM tidemark.mrr_movements WHERE customer_id = '${id}'`)) === '1',
      samples.view,
    ),
  ]);
}

function latencyOf(samples: readonly number[]): Latency {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN, 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), samples: sorted.length };
}
