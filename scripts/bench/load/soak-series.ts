import { kinds } from './sizes.ts';
import type { SoakSample } from './soak.ts';
import type { Point } from './trend.ts';

/** Series that share a unit and a panel of the picture. */
export type Panel = {
  readonly title: string;
  /** Whether it is to stay level; topics that are kept for days grow with what comes in. */
  readonly isLevel: boolean;
  readonly series: Readonly<Record<string, readonly Point[]>>;
};

/** What the samples show, by panel. */
export function panelsOf(samples: readonly SoakSample[]): readonly Panel[] {
  const processes = Object.keys(samples[0]?.residentMb ?? {});
  const points = (value: (sample: SoakSample) => number): readonly Point[] =>
    samples.map((sample) => [sample.minute, value(sample)]);
  const by = (
    names: readonly string[],
    value: (sample: SoakSample, name: string) => number,
  ): Panel['series'] =>
    Object.fromEntries(names.map((name) => [name, points((sample) => value(sample, name))]));
  return [
    {
      title: 'resident memory, MB',
      isLevel: true,
      series: by(processes, (at, name) => at.residentMb[name]!),
    },
    { title: 'open descriptors', isLevel: true, series: by(processes, (at, name) => at.descriptors[name]!) },
    { title: 'parts in ClickHouse', isLevel: true, series: { parts: points(({ parts }) => parts) } },
    {
      title: 'stored, MB',
      isLevel: false,
      series: by(kinds, (at, kind) => at.sizes[kind as (typeof kinds)[number]] / 1e6),
    },
    {
      title: 'CPU, cores',
      isLevel: true,
      series: {
        ...by(processes, (at, name) => at.usage.cores[name]!),
        others: points(({ usage }) => usage.foreignCores + usage.stealCores),
      },
    },
  ];
}
