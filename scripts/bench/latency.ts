import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@tidemark/events/types';
import { createPublisher, type NewEvent, type Publisher } from '../../packages/publisher/index.ts';
import { startFlow } from './flow.ts';
import { rounded } from './throughput.ts';
import type { Bench, RunningService } from './servers.ts';

/** Milliseconds from the publish call until seen. */
export type Latency = {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly samples: number;
};

const probeEveryMs = 200;
/** Asking more often would be a good part of the load. */
const pollEveryMs = 20;
/** A probe that is not seen by then counts as seen then. */
const giveUpAfterMs = 30_000;

/** Probes beside a steady rate, and how much of the rate was reached. */
export async function pacedLatency(
  bench: Bench,
  live: RunningService,
  events: Iterator<Event>,
  eventsPerSecond: number,
  seconds: number,
): Promise<{ readonly counter: Latency; readonly view: Latency; readonly reached: number }> {
  const publisher = await createPublisher({ brokers: [String(bench.kafka.brokers)], source: 'bench' });
  const flow = startFlow(publisher, events, eventsPerSecond);
  const samples = await probeLatency(bench, live, publisher, seconds);
  const reached = await flow.stop();
  await publisher.close();
  return { reached, ...samples };
}

/** Probes that were published and not seen yet, with the time of the publish call. */
type Outstanding = Map<string, number>;

/**
 * Publishes probes: a new customer's subscription, looked for in the view `mrr_movements`, and a cart in a channel of its
 * own, looked for in the live counters.
 */
export async function probeLatency(
  bench: Bench,
  live: RunningService,
  publisher: Publisher,
  seconds: number,
): Promise<{ readonly counter: Latency; readonly view: Latency }> {
  const run = String(Date.now());
  const endAt = performance.now() + seconds * 1_000;
  const counter: Outstanding = new Map();
  const view: Outstanding = new Map();
  let isOver = false;
  const from = new Date(Date.now() - 20 * 60_000).toISOString();
  const counted = async (ids: readonly string[]): Promise<readonly string[]> => {
    if (ids.length === 0) return [];
    const answer = await fetch(`http://127.0.0.1:${live.port}/v1/counters/carts_created?from=${from}`);
    const channels = new Set((await answer.text()).split('"'));
    return ids.filter((id) => channels.has(id));
  };
  const sunk = async (ids: readonly string[]): Promise<readonly string[]> => {
    if (ids.length === 0) return [];
    const list = ids.map((id) => `'${id}'`).join();
    const where = `occurred_at >= '${from.slice(0, 19)}' AND customer_id IN (${list})`;
    const found = await bench.query(`SELECT customer_id FROM tidemark.mrr_movements WHERE ${where}`);
    return found === '' ? [] : found.split('\n');
  };
  const publishing = async (): Promise<void> => {
    for (let index = 0; performance.now() < endAt; index++) {
      const id = `probe-${run}-${index}`;
      counter.set(id, performance.now());
      view.set(id, performance.now());
      await publisher.publishAll(probe(id));
      await sleep(probeEveryMs);
    }
    isOver = true;
  };
  const [, ...samples] = await Promise.all([
    publishing(),
    watched(counter, counted, () => isOver),
    watched(view, sunk, () => isOver),
  ]);
  return { counter: latencyOf(samples[0]), view: latencyOf(samples[1]) };
}

/** Asks for all outstanding probes at once, again and again: a question each would be most of the load. */
async function watched(
  outstanding: Outstanding,
  seen: (ids: readonly string[]) => Promise<readonly string[]>,
  isOver: () => boolean,
): Promise<number[]> {
  const samples: number[] = [];
  while (!isOver() || outstanding.size > 0) {
    for (const id of await seen([...outstanding.keys()])) {
      samples.push(performance.now() - outstanding.get(id)!);
      outstanding.delete(id);
    }
    const [oldest] = outstanding;
    if (oldest !== undefined && performance.now() - oldest[1] > giveUpAfterMs) {
      samples.push(giveUpAfterMs);
      outstanding.delete(oldest[0]);
    }
    await sleep(pollEveryMs);
  }
  return samples;
}

/** A new customer, and a cart in a channel of its own. */
function probe(id: string): NewEvent[] {
  const occurred_at = Date.now();
  return [
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
  ];
}

function latencyOf(samples: readonly number[]): Latency {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN, 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), samples: sorted.length };
}
