import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@tidemark/events/types';
import { createPublisher } from '../../../packages/publisher/index.ts';
import { startFlow, type Flow } from '../flow.ts';
import { probeLatency, type Latency } from '../latency.ts';
import { readMachine } from '../machine/readings.ts';
import { proportionalMb, residentMb, usageBetween, usageDuring, type Usage } from '../machine/usage.ts';
import { perSecond, readCounts, type Counts } from './counts.ts';
import { besideReaders } from './readers.ts';
import { benchPart, type Rig } from './rig.ts';
import { kinds, readSizes, type Sizes } from './sizes.ts';

/** A short piece of the window: what was used and counted in it. */
export type Slice = {
  readonly usage: Usage;
  readonly systemCores: number;
  readonly countedPerSecond: number;
};

/** What one rate costs, once it is warm. */
export type RateFigures = {
  readonly rate: number;
  /** Events a second that were published. */
  readonly published: number;
  readonly usage: Usage;
  /** The sum over servers and services. */
  readonly systemCores: number;
  /** Microseconds of CPU an event, by part; nothing when nothing was counted. */
  readonly cpuUsPerEvent: Readonly<Record<string, number>> | null;
  readonly countsPerSecond: Counts;
  readonly residentMb: Readonly<Record<string, number>>;
  /** Pages that several processes have are divided among them, so the sum is what all take together. */
  readonly proportionalMb: Readonly<Record<string, number>>;
  /** Bytes an event, by kind; nothing when nothing was counted. */
  readonly growthBytesPerEvent: Sizes | null;
  readonly slices: readonly Slice[];
  readonly counter: Latency;
  readonly view: Latency;
  /** What others had of the machine while the latency was measured. */
  readonly latencyUsage: Usage;
  /** The same beside readers; nothing without any. */
  readonly besideReaders?: { readonly counter: Latency; readonly view: Latency; readonly usage: Usage };
};

/** How long each step of a measurement takes. */
export type Times = {
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly sliceSeconds: number;
  readonly latencySeconds: number;
  /** Greedy queries of the BI user at once, beside which latency is measured again. */
  readonly readers: number;
};

/** Where a measurement says what it does. */
export type Say = (text: string) => void;

/** Warms up at a rate, measures what it costs, and then how late its numbers are: probes and questions cost too. */
export async function measureRate(
  rig: Rig,
  events: Iterator<Event>,
  rate: number,
  times: Times,
  say: Say,
): Promise<RateFigures> {
  const { bench, services, parts } = rig;
  const publisher = await createPublisher({ brokers: [bench.kafka.brokers], source: 'bench' });
  const flow: Flow | undefined = rate === 0 ? undefined : startFlow(publisher, events, rate);
  say(`${rate}/s: warming up for ${times.warmUpSeconds} s …`);
  await sleep(times.warmUpSeconds * 1_000);
  say(`${rate}/s: measuring for ${times.seconds} s …`);
  const cost = await measureCost(rig, times);
  say(`${rate}/s: probing for ${times.latencySeconds} s …`);
  const probing = () =>
    usageDuring(parts, () => probeLatency(bench, services.live, publisher, times.latencySeconds));
  const latency = await probing();
  const beside = times.readers === 0 ? undefined : await besideReaders(bench, times.readers, probing);
  const published = (await flow?.stop()) ?? 0;
  await publisher.close();
  return {
    rate,
    published,
    ...cost,
    ...latency.result,
    latencyUsage: latency.usage,
    ...(beside === undefined ? {} : { besideReaders: { ...beside.result, usage: beside.usage } }),
  };
}

async function measureCost(rig: Rig, { seconds, sliceSeconds }: Times) {
  const { parts } = rig;
  const [sizesBefore, countsBefore] = [await readSizes(rig), await readCounts(rig)];
  const before = readMachine();
  const slices: Slice[] = [];
  let [last, lastCounts] = [before, countsBefore];
  while (last.at - before.at < (seconds - sliceSeconds / 2) * 1_000) {
    const isOverAt = before.at + (slices.length + 1) * sliceSeconds * 1_000;
    await sleep(Math.max(isOverAt - performance.now(), 0));
    const [reading, counts] = [readMachine(), await readCounts(rig)];
    const usage = usageBetween(last, reading, parts);
    const countedPerSecond = (counts.counted - lastCounts.counted) / usage.seconds;
    slices.push({ usage, systemCores: systemCores(usage), countedPerSecond });
    [last, lastCounts] = [reading, counts];
  }
  const usage = usageBetween(before, last, parts);
  const countsPerSecond = perSecond(countsBefore, lastCounts, usage.seconds);
  const sizes = await readSizes(rig);
  const { counted } = countsPerSecond;
  const perEvent = (used: number): number => (used / counted) * 1e6;
  return {
    usage,
    systemCores: systemCores(usage),
    cpuUsPerEvent:
      counted === 0
        ? null
        : Object.fromEntries(Object.entries(usage.cores).map(([name, used]) => [name, perEvent(used)])),
    countsPerSecond,
    residentMb: residentMb(last, parts),
    proportionalMb: proportionalMb(last, parts),
    growthBytesPerEvent: counted === 0 ? null : growth(sizesBefore, sizes, counted * usage.seconds),
    slices,
  };
}

function systemCores({ cores }: Usage): number {
  return Object.entries(cores).reduce((sum, [name, used]) => (name === benchPart ? sum : sum + used), 0);
}

function growth(before: Sizes, after: Sizes, events: number): Sizes {
  return Object.fromEntries(kinds.map((kind) => [kind, (after[kind] - before[kind]) / events])) as Sizes;
}
