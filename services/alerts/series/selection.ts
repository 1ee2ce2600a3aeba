import type { Labels, Series, SeriesStore } from './series-store.ts';

/** The series that a rule is evaluated on. */
export type Selection = {
  readonly series: string;
  /** Names of the series' dimensions, in the order of the definition that counts it. */
  readonly dimensions: readonly string[];
  /** Dimensions with a group for each value; the rule sums over the others. */
  readonly by: readonly string[];
  /** Values that the dimensions must have. */
  readonly where: Labels;
};

/** Series that are summed up, and the labels they share. */
export type Group = { readonly labels: Labels; readonly series: readonly Series[] };

/** Whether a series of a name has the values that its dimensions must have. */
export function isAmong(
  { dimensions, where }: Pick<Selection, 'dimensions' | 'where'>,
  series: Pick<Series, 'dimensions'>,
): boolean {
  return Object.entries(where).every(
    ([dimension, wanted]) => (series.dimensions[dimensions.indexOf(dimension)] ?? '') === wanted,
  );
}

/** The groups of a selection. Without `by` there is one group of all series, even while nothing was counted. */
export function groupsOf(store: SeriesStore, selection: Selection): Group[] {
  const { series: name, dimensions, by, where } = selection;
  const groups = new Map<string, { labels: Labels; series: Series[] }>();
  if (by.length === 0) groups.set('[]', { labels: where, series: [] });
  for (const series of store.of(name)) {
    const value = (dimension: string): string => series.dimensions[dimensions.indexOf(dimension)] ?? '';
    if (!isAmong(selection, series)) continue;
    const values = by.map(value);
    const key = JSON.stringify(values);
    const known = groups.get(key);
    if (known !== undefined) known.series.push(series);
    else
      groups.set(key, {
        labels: {
          ...where,
          ...Object.fromEntries(by.map((dimension, index) => [dimension, values[index]!])),
        },
        series: [series],
      });
  }
  return [...groups.values()];
}

/** Something of each group, by the key of its labels. */
export function byGroup<T>(groups: readonly Group[], of: (group: Group) => T): ReadonlyMap<string, T> {
  return new Map(groups.map((group) => [labelKey(group.labels), of(group)]));
}

/** A key for labels that does not depend on their order. */
export function labelKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
