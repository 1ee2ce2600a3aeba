import { panelsOf } from './soak-series.ts';
import type { SoakSample } from './soak.ts';
import { trendOf, type Point } from './trend.ts';

/** The first third is left out of trends: heaps and caches fill in it. */
const settledShare = 1 / 3;
/** Rarer by chance than this, it is called a trend. */
const chanceOfTrend = 0.01;

/** First and last value of each series, and its trend once settled: its slope an hour, and how likely it is by chance. */
export function soakReport(samples: readonly SoakSample[]): string {
  const lines = panelsOf(samples).flatMap(({ title, isLevel, series }) => [
    `\n${title}`,
    ...Object.entries(series).map(([name, points]) => lineOf(name, points, isLevel)),
  ]);
  const disturbed = samples.filter(({ usage }) => usage.isDisturbed).length;
  const mark = disturbed > 0 ? ' · OTHERS USED THE MACHINE' : '';
  return `${lines.join('\n')}\n\nsamples while others used the machine: ${disturbed} of ${samples.length}${mark}`;
}

const fixed = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 0);

function lineOf(name: string, points: readonly Point[], isLevel: boolean): string {
  const settled = points.slice(Math.floor(points.length * settledShare));
  const { slope, chance } = trendOf(settled);
  const [first, last] = [settled[0]![1], settled.at(-1)![1]];
  const trend = chance < chanceOfTrend ? (isLevel ? 'TREND' : 'grows, as it should') : '';
  const slopePerHour = slope * 60;
  const share = first === 0 ? '' : ` (${((slopePerHour / first) * 100).toFixed(0)} %)`;
  return `  ${name.padEnd(14)} ${fixed(first).padStart(9)} -> ${fixed(last).padStart(9)}   ${`${fixed(slopePerHour)} an hour${share}`.padEnd(28)} by chance ${chance.toFixed(3)} ${trend}`;
}
