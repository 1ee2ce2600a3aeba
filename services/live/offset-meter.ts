/** Ends of the events' topics and how far the groups are, at one moment. */
export type OffsetsSeen = {
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** Records ever, by family. */
  readonly ends: ReadonlyMap<string, number>;
};

/** One look of the meter, for a chart of the last minutes. */
export type RateSample = { readonly at: number; readonly events_per_second: number };

/** The rate is that of the last ten seconds, in milliseconds. */
const overMs = 10_000;
/** How long samples are kept. */
const keptMs = 15 * 60_000;

/** The rate of records, from the ends of the topics at several moments. No clock, no I/O. */
export class OffsetMeter {
  #seen: OffsetsSeen[] = [];
  #samples: RateSample[] = [];

  /** Adds a look. When an end is lower than before, the topic was created anew and the count begins again. */
  take(seen: OffsetsSeen): void {
    const last = this.#seen.at(-1);
    if (last !== undefined && [...last.ends].some(([family, end]) => (seen.ends.get(family) ?? 0) < end)) {
      this.#seen = [];
    }
    this.#seen.push(seen);
    while (this.#seen.length > 2 && seen.at - this.#seen[1]!.at >= overMs) this.#seen.shift();
    const rate = this.#rateOf(sumOf);
    if (rate !== null) this.#samples.push({ at: seen.at, events_per_second: rate });
    while (this.#samples.length > 0 && seen.at - this.#samples[0]!.at > keptMs) this.#samples.shift();
  }

  /** Events a second over the last seconds; `null` until there were two looks. */
  get rate(): number | null {
    return this.#rateOf(sumOf);
  }

  /** The same by family, the busiest first. */
  get rates(): readonly { readonly family: string; readonly events_per_second: number }[] {
    const families = [...(this.#seen.at(-1)?.ends.keys() ?? [])];
    return families
      .map((family) => ({
        family,
        events_per_second: this.#rateOf(({ ends }) => ends.get(family) ?? 0) ?? 0,
      }))
      .toSorted((a, b) => b.events_per_second - a.events_per_second);
  }

  /** The last quarter of an hour, the oldest first. */
  get samples(): readonly RateSample[] {
    return this.#samples;
  }

  #rateOf(count: (seen: OffsetsSeen) => number): number | null {
    const [first] = this.#seen;
    const last = this.#seen.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return null;
    return Math.round(((count(last) - count(first)) * 10_000) / (last.at - first.at)) / 10;
  }
}

function sumOf({ ends }: OffsetsSeen): number {
  let sum = 0;
  for (const end of ends.values()) sum += end;
  return sum;
}
