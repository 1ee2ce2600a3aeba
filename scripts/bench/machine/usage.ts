import { proportionalBytes, readMachine, type MachineReading, type ProcessReading } from './readings.ts';

/** A process that is measured: its name in the report, and its id, which is also that of its group. */
export type Part = { readonly name: string; readonly pid: number };

/** What ran between two readings. Cores are seconds of CPU a second. */
export type Usage = {
  readonly seconds: number;
  /** By part, in the order given. */
  readonly cores: Readonly<Record<string, number>>;
  /** All that ran and was neither this process nor started by it. */
  readonly foreignCores: number;
  /** What the host of this machine gave to others. */
  readonly stealCores: number;
  /** The greatest of the others, for instance `java 0.31`; empty when there was none. */
  readonly foreignMost: string;
  /** Whether others used the machine so much that the figures are not the product's alone. */
  readonly isDisturbed: boolean;
};

/** More than this of others, in cores, and a figure is marked. */
const disturbedCores = 0.05;

/** What each part used between two readings, and what others used meanwhile. */
export function usageBetween(before: MachineReading, after: MachineReading, parts: readonly Part[]): Usage {
  const seconds = (after.at - before.at) / 1_000;
  const cores: Record<string, number> = Object.fromEntries(parts.map(({ name }) => [name, 0]));
  const others = new Map<string, number>();
  for (const [key, process] of after.processes) {
    const used = (process.cpuSeconds - (before.processes.get(key)?.cpuSeconds ?? 0)) / seconds;
    const part = partOf(process, parts);
    if (part !== undefined) cores[part.name]! += used;
    else if (!after.own.pids.has(process.pid))
      others.set(process.name, (others.get(process.name) ?? 0) + used);
  }
  const foreignSeconds = after.busySeconds - before.busySeconds - (after.own.seconds - before.own.seconds);
  const foreignCores = Math.max(foreignSeconds / seconds, 0);
  const stealCores = (after.stealSeconds - before.stealSeconds) / seconds;
  const [most] = [...others].toSorted(([, a], [, b]) => b - a);
  return {
    seconds,
    cores,
    foreignCores,
    stealCores,
    foreignMost: most === undefined || most[1] < 0.005 ? '' : `${most[0]} ${most[1].toFixed(2)}`,
    isDisturbed: foreignCores + stealCores > disturbedCores,
  };
}

/** Runs something, and says what was used meanwhile. */
export async function usageDuring<T>(
  parts: readonly Part[],
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly usage: Usage }> {
  const before = readMachine();
  const result = await run();
  return { result, usage: usageBetween(before, readMachine(), parts) };
}

/** Megabytes resident at a reading, by part. */
export function residentMb(
  reading: MachineReading,
  parts: readonly Part[],
): Readonly<Record<string, number>> {
  return megabytes(reading, parts, ({ residentBytes }) => residentBytes);
}

/** Megabytes in use now by the processes of a reading, by part; a page that several have is divided among them, so these may be added. */
export function proportionalMb(
  reading: MachineReading,
  parts: readonly Part[],
): Readonly<Record<string, number>> {
  return megabytes(reading, parts, ({ pid }) => proportionalBytes(pid));
}

function megabytes(
  reading: MachineReading,
  parts: readonly Part[],
  bytesOf: (process: ProcessReading) => number,
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = Object.fromEntries(parts.map(({ name }) => [name, 0]));
  for (const process of reading.processes.values()) {
    const part = partOf(process, parts);
    if (part !== undefined) sums[part.name]! += bytesOf(process) / 1e6;
  }
  return sums;
}

/** The line that stands beside each figure: what others had of the machine, with a mark when it was much. */
export function othersLine({ foreignCores, stealCores, foreignMost, isDisturbed }: Usage): string {
  const most = foreignMost === '' ? '' : ` (most: ${foreignMost})`;
  const mark = isDisturbed ? ' · OTHERS USED THE MACHINE' : '';
  return `others ${foreignCores.toFixed(2)} cores${most} · steal ${stealCores.toFixed(2)}${mark}`;
}

function partOf({ pid, group }: ProcessReading, parts: readonly Part[]): Part | undefined {
  return parts.find((part) => part.pid === group || part.pid === pid);
}
