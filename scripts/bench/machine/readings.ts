import { readFileSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';

/** One process as Linux counts it: seconds of CPU since its start, bytes resident now. */
export type ProcessReading = {
  readonly pid: number;
  readonly parent: number;
  /** Its process group: the embedded servers and services each have one of their own. */
  readonly group: number;
  readonly name: string;
  readonly cpuSeconds: number;
  /** What its children had used when they ended. */
  readonly endedSeconds: number;
  readonly residentBytes: number;
};

/** A process with all below it: what they used, and which of them are there now. */
export type Own = { readonly seconds: number; readonly pids: ReadonlySet<number> };

/** The machine at one instant. Seconds of CPU are over all cores since it was booted. */
export type MachineReading = {
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  /** All that ran here, whoever it belongs to, kernel and interrupts included. */
  readonly busySeconds: number;
  /** This process and all that it started, ended ones included in the seconds. */
  readonly own: Own;
  /** What this machine wanted and its host gave to others. */
  readonly stealSeconds: number;
  /** By process id and start time, so that an id that was given anew is another process. */
  readonly processes: ReadonlyMap<string, ProcessReading>;
};

/** Fixed by Linux for what `/proc` reports, whatever the kernel's own tick is. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

/** How many cores this machine has. */
export const cores = cpus().length;

/**
 * Reads the CPU time of the machine and of each process from `/proc`.
 *
 * @throws Error where there is no `/proc`: these figures are for Linux alone.
 */
export function readMachine(): MachineReading {
  const [busySeconds, stealSeconds] = machineSeconds(readFileSync('/proc/stat', 'utf8'));
  const processes = new Map<string, ProcessReading>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const read = processIn(readOf(name, 'stat'));
    if (read !== undefined) processes.set(read.key, read.process);
  }
  const own = ownOf(process.pid, [...processes.values()]);
  return { at: performance.now(), busySeconds, own, stealSeconds, processes };
}

/** A process and all below it. What ended has left its seconds to the process that started it. */
export function ownOf(pid: number, processes: readonly ProcessReading[]): Own {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const own = processes.filter((one) => one.pid === pid);
  for (const one of own) own.push(...(children.get(one.pid) ?? []));
  return {
    seconds: own.reduce((sum, { cpuSeconds, endedSeconds }) => sum + cpuSeconds + endedSeconds, 0),
    pids: new Set(own.map((one) => one.pid)),
  };
}

/** Busy and stolen seconds in the first line of `/proc/stat`; waiting for a disk is not busy. */
export function machineSeconds(text: string): readonly [number, number] {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = text
    .slice(0, text.indexOf('\n'))
    .split(/ +/)
    .map(Number);
  return [(user + nice + system + irq + softirq) / ticksPerSecond, steal / ticksPerSecond];
}

/** A process from its `/proc/PID/stat`; `undefined` when it ended meanwhile. Its name may have spaces and brackets. */
export function processIn(
  stat: string,
): { readonly key: string; readonly process: ProcessReading } | undefined {
  const [open, close] = [stat.indexOf('('), stat.lastIndexOf(')')];
  if (open < 0 || close < 0) return undefined;
  const pid = Number(stat.slice(0, open));
  const fields = stat.slice(close + 2).split(' ');
  const at = (index: number): number => Number(fields[index]);
  return {
    key: `${pid} ${at(19)}`,
    process: {
      pid,
      parent: at(1),
      group: at(2),
      name: stat.slice(open + 1, close),
      cpuSeconds: (at(11) + at(12)) / ticksPerSecond,
      endedSeconds: (at(13) + at(14)) / ticksPerSecond,
      residentBytes: at(21) * pageBytes,
    },
  };
}

/**
 * Bytes of memory that a process has to itself, and its share of the pages that several processes have: these add up to what all
 * of them together take. Bytes resident do not, since they have the code of Node.js once for each service.
 */
export function proportionalBytes(pid: number): number {
  const [, kilobytes = '0'] = /^Pss: +(\d+) kB$/m.exec(readOf(pid, 'smaps_rollup')) ?? [];
  return Number(kilobytes) * 1_024;
}

function readOf(pid: number | string, file: 'stat' | 'smaps_rollup'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It ended between the listing and now.
    return '';
  }
}
