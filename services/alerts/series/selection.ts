import type { Labels, Series, SeriesBook } from './series-book.ts';

/** Which series a rule looks at. */
export type Selection = {
  readonly series: string;
  /** Names of the series' dimensions, in the order of the definition that counts it. */
  readonly dimensions: readonly string[];
  /** Dimensions kept apart; the others are summed over. */
  readonly by: readonly string[];
  /** Only these values. */
  readonly where: Labels;
};

/** Series that count together, under the labels they share. */
export type Group = { readonly labels: Labels; readonly series: readonly Series[] };

/** The groups of a selection. Without `by` there is one, of everything, even while nothing was counted. */
export function groupsOf(book: SeriesBook, { series: name, dimensions, by, where }: Selection): Group[] {
  const groups = new Map<string, { labels: Labels; series: Series[] }>();
  if (by.length === 0) groups.set('[]', { labels: where, series: [] });
  for (const series of book.of(name)) {
    const value = (dimension: string): string => series.dimensions[dimensions.indexOf(dimension)] ?? '';
    if (Object.entries(where).some(([dimension, wanted]) => value(dimension) !== wanted)) continue;
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

/** One text for labels, whatever their order. */
export function labelKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
