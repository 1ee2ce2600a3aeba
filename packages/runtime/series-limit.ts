/** What values beyond the limit are counted as. */
export const otherValue = 'other';

type Limits = {
  /** Values with series of their own, of each dimension of a name. */
  readonly perDimension: number;
  /** Bytes of all series' names, roughly. */
  readonly bytes: number;
};

/**
 * Limits the number of series, whatever values their dimensions have: a source may be a name of its own for each event. The
 * first values of a dimension keep their name, those that come later are `other`. Sums over a dimension stay right.
 */
export class SeriesLimit {
  readonly #limits: Limits;
  readonly #values = new Map<string, Set<string>>();
  readonly #series = new Set<string>();
  #bytes = 0;

  /** @param known Series that are there already; JSON arrays of name and dimensions. */
  constructor(limits: Limits, known: Iterable<string> = []) {
    this.#limits = limits;
    for (const series of known) this.#learn(series);
  }

  /**
   * The series that one is to be counted as.
   *
   * @param isThere Whether a series has a value; by default, whether it ever had a name of its own.
   * @param prefersOther Whether one that is not there is more likely to be among the others than new.
   */
  nameFor(
    series: string,
    isThere = (one: string): boolean => this.#series.has(one),
    prefersOther = false,
  ): string {
    if (isThere(series)) return series;
    const [name, ...dimensions] = JSON.parse(series) as [string, ...string[]];
    const limited = dimensions.map((value, index) => {
      const values = this.#values.get(`${index} ${name}`);
      const isKnown = values === undefined || values.has(value) || values.size < this.#limits.perDimension;
      return isKnown ? value : otherValue;
    });
    const capped = this.#whole([name, ...limited]);
    const other = prefersOther && capped === series ? this.#otherThere(name, dimensions, isThere) : undefined;
    if (other !== undefined) return other;
    this.#learn(capped);
    return capped;
  }

  /** A new series, or the one of all others of its name when there is no room for a new one. */
  #whole([name, ...dimensions]: [string, ...string[]]): string {
    const series = JSON.stringify([name, ...dimensions]);
    if (this.#series.has(series) || this.#bytes + series.length <= this.#limits.bytes) return series;
    return JSON.stringify([name, ...dimensions.map(() => otherValue)]);
  }

  /** A series of others that is there and that this one may have been counted as; few dimensions, so few ways. */
  #otherThere(
    name: string,
    dimensions: readonly string[],
    isThere: (series: string) => boolean,
  ): string | undefined {
    for (let mask = 1; mask < 2 ** dimensions.length; mask++) {
      const some = dimensions.map((value, index) => ((mask >> index) & 1 ? otherValue : value));
      const series = JSON.stringify([name, ...some]);
      if (isThere(series)) return series;
    }
    return undefined;
  }

  #learn(series: string): void {
    if (this.#series.has(series)) return;
    this.#series.add(series);
    const [name, ...dimensions] = JSON.parse(series) as [string, ...string[]];
    this.#bytes += series.length;
    for (const [index, value] of dimensions.entries()) {
      if (value === otherValue) continue;
      const key = `${index} ${name}`;
      const values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, new Set([value]));
      else values.add(value);
    }
  }
}
