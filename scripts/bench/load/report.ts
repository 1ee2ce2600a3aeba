import { othersLine } from '../machine/usage.ts';
import type { RateFigures } from './measure.ts';
import { benchPart } from './rig.ts';

const fixed = (value: number, decimals = 2): string => value.toFixed(decimals);
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const list = (values: Readonly<Record<string, number>>, text: (value: number) => string): string =>
  Object.entries(values)
    .map(([name, value]) => `${inWords(name)} ${text(value)}`)
    .join(' · ');

const inWords = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The figures of one rate as text, a fact a line. */
export function rateReport(figures: RateFigures): string {
  const { rate, published, usage, countsPerSecond: counts, cpuUsPerEvent, growthBytesPerEvent } = figures;
  const rows = Object.entries(usage.cores).map(([name, used]) => rowOf(figures, name, used));
  const system = Object.keys(usage.cores).filter((name) => name !== benchPart);
  const sum = (values: Readonly<Record<string, number>>): number =>
    system.reduce((total, name) => total + (values[name] ?? 0), 0);
  return [
    `\n${rate} events/s: published ${whole(published)}/s, counted ${whole(counts.counted)}/s, over ${fixed(usage.seconds, 0)} s`,
    `  ${othersLine(usage)}`,
    cells('', 'cores', 'us/event', 'MB resident', 'MB, shared once'),
    ...rows,
    cells(
      `all but ${benchPart}`,
      fixed(figures.systemCores),
      cpuUsPerEvent === null ? '' : whole(sum(cpuUsPerEvent)),
      whole(sum(figures.residentMb)),
      whole(sum(figures.proportionalMb)),
    ),
    `  a second: ${list(counts, (value) => fixed(value, 1))}`,
    `  rows an insert: ${counts.inserts === 0 ? 'none' : fixed(counts.rowsInserted / counts.inserts, 1)}`,
    `  to counter: p50 ${figures.counter.p50} · p99 ${figures.counter.p99} ms · to view: p50 ${figures.view.p50} · p99 ${figures.view.p99} ms (${figures.view.samples} probes)`,
    `    meanwhile ${othersLine(figures.latencyUsage)}`,
    ...(figures.besideReaders === undefined
      ? []
      : [
          `  beside readers: to counter: p50 ${figures.besideReaders.counter.p50} · p99 ${figures.besideReaders.counter.p99} ms · to view: p50 ${figures.besideReaders.view.p50} · p99 ${figures.besideReaders.view.p99} ms`,
          `    meanwhile ${othersLine(figures.besideReaders.usage)}`,
        ]),
    ...(growthBytesPerEvent === null
      ? []
      : [`  bytes an event: ${list(growthBytesPerEvent, (value) => whole(value))}`]),
    `  slices of ${fixed(figures.slices[0]?.usage.seconds ?? 0, 0)} s, cores (others), events/s: ${figures.slices
      .map(
        ({ systemCores, usage: used, countedPerSecond }) =>
          `${fixed(systemCores)} (${fixed(used.foreignCores + used.stealCores)}) ${whole(countedPerSecond)}`,
      )
      .join(' · ')}`,
  ].join('\n');
}

function rowOf(figures: RateFigures, name: string, used: number): string {
  const us = figures.cpuUsPerEvent?.[name];
  const memory = [figures.residentMb, figures.proportionalMb].map((mb) => whole(mb[name] ?? 0));
  return cells(name, fixed(used), us === undefined ? '' : whole(us), ...memory);
}

function cells(name: string, ...values: readonly string[]): string {
  return `  ${name.padEnd(14)}${values.map((value) => value.padStart(16)).join('')}`;
}
