import { setTimeout as sleep } from 'node:timers/promises';
import { readMachine, type MachineReading } from '../machine/readings.ts';
import { residentMb, usageBetween, type Usage } from '../machine/usage.ts';
import type { Bench } from '../servers.ts';

/** A program that counts the backlog. */
export type Contestant = {
  readonly pid: number;
  readonly exited: Promise<unknown>;
  /** Records that it has taken in since its start. */
  readonly counted: () => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** What counting the backlog cost one contestant. */
export type Run = {
  readonly seconds: number;
  /** Records a second of its CPU, from the start of its process. */
  readonly cold: number;
  /** The same in the second half of the records. */
  readonly warm: number;
  readonly brokerUsPerEvent: number;
  readonly residentMbMax: number;
  readonly usage: Usage;
};

const lookEveryMs = 200;
const silentAtMostMs = 120_000;

/**
 * From the start of a contestant until it has counted the backlog.
 *
 * @throws Error when it ends before, or counts nothing for two minutes.
 */
export async function runOver(bench: Bench, backlog: number, start: () => Promise<Contestant>): Promise<Run> {
  const before = readMachine();
  const contestant = await start();
  const parts = [
    { name: 'contestant', pid: contestant.pid },
    { name: 'kafka', pid: bench.kafka.pid },
    { name: 'clickhouse', pid: bench.clickHouse.pid },
    { name: 'bench', pid: process.pid },
  ];
  let hasEnded = false;
  void contestant.exited.then(() => (hasEnded = true));
  let resident = 0;
  let half: { readonly counted: number; readonly reading: MachineReading } | undefined;
  let last = { counted: 0, at: performance.now() };
  for (;;) {
    const counted = await contestant.counted();
    const reading = readMachine();
    resident = Math.max(resident, residentMb(reading, parts)['contestant'] ?? 0);
    if (half === undefined && counted >= backlog / 2) half = { counted, reading };
    if (counted > last.counted) last = { counted, at: performance.now() };
    if (counted >= backlog) {
      await contestant.stop();
      const usage = usageBetween(before, reading, parts);
      const cpuSeconds = (of: Usage, name: string): number => of.cores[name]! * of.seconds;
      return {
        seconds: usage.seconds,
        cold: counted / cpuSeconds(usage, 'contestant'),
        warm:
          (counted - half!.counted) / cpuSeconds(usageBetween(half!.reading, reading, parts), 'contestant'),
        brokerUsPerEvent: (cpuSeconds(usage, 'kafka') / counted) * 1e6,
        residentMbMax: resident,
        usage,
      };
    }
    if (hasEnded || performance.now() - last.at > silentAtMostMs) {
      await contestant.stop();
      throw new Error(`it ${hasEnded ? 'ended' : 'stood still'} at ${last.counted} of ${backlog} records`);
    }
    await sleep(lookEveryMs);
  }
}
