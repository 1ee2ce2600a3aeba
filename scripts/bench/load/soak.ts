import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@tidemark/events/types';
import { createPublisher } from '../../../packages/publisher/index.ts';
import { startFlow } from '../flow.ts';
import { readMachine } from '../machine/readings.ts';
import { residentMb, usageBetween, type Usage } from '../machine/usage.ts';
import type { Say } from './measure.ts';
import { benchPart, type Rig } from './rig.ts';
import { readSizes, type Sizes } from './sizes.ts';

/** What is looked at over a long time, at one instant. */
export type SoakSample = {
  /** Minutes since the first sample. */
  readonly minute: number;
  readonly residentMb: Readonly<Record<string, number>>;
  /** Open files, pipes and connections, by process. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** Parts of ClickHouse's tables that are in use. */
  readonly parts: number;
  readonly sizes: Sizes;
  /** Since the sample before. */
  readonly usage: Usage;
};

/** How long, at which rate. */
export type SoakOptions = { readonly rate: number; readonly minutes: number; readonly warmUpSeconds: number };

const samplesPerRun = 120;

/** Publishes at one rate for a long time and looks again and again at what must not grow. */
export async function soak(
  rig: Rig,
  events: Iterator<Event>,
  { rate, minutes, warmUpSeconds }: SoakOptions,
  say: Say,
): Promise<readonly SoakSample[]> {
  const publisher = await createPublisher({ brokers: [rig.bench.kafka.brokers], source: 'bench' });
  const flow = startFlow(publisher, events, rate);
  say(`${rate}/s: warming up for ${warmUpSeconds} s …`);
  await sleep(warmUpSeconds * 1_000);
  const samples: SoakSample[] = [];
  const startedAt = performance.now();
  const everyMs = (minutes * 60_000) / samplesPerRun;
  const parts = rig.parts.filter(({ name }) => name !== benchPart);
  let last = readMachine();
  for (let taken = 1; taken <= samplesPerRun; taken++) {
    await sleep(Math.max(startedAt + taken * everyMs - performance.now(), 0));
    const reading = readMachine();
    samples.push({
      minute: (reading.at - startedAt) / 60_000,
      residentMb: residentMb(reading, parts),
      descriptors: Object.fromEntries(parts.map(({ name, pid }) => [name, descriptorsOf(pid)])),
      parts: Number(
        await rig.bench.query("SELECT count() FROM system.parts WHERE active AND database LIKE 'tidemark%'"),
      ),
      sizes: await readSizes(rig),
      usage: usageBetween(last, reading, rig.parts),
    });
    last = reading;
    if (taken % (samplesPerRun / 10) === 0)
      say(`${rate}/s: ${((taken / samplesPerRun) * minutes).toFixed(1)} of ${minutes} minutes`);
  }
  await flow.stop();
  await publisher.close();
  return samples;
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    // The process is gone: its service fell, and the picture shows it.
    return 0;
  }
}
