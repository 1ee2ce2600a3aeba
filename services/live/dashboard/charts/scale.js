// @ts-check
/** Where values stand on an axis. No DOM: it is tested without a browser. */

/**
 * Round values from at or below the least to at or above the greatest value.
 *
 * @param {number} least
 * @param {number} greatest
 * @param {{ steps?: number, isWhole?: boolean }} [how] about how many steps; `isWhole`: none between two whole numbers
 * @returns {readonly number[]} two or more, ascending, with the same distance each
 */
export function ticksOf(least, greatest, { steps = 4, isWhole = false } = {}) {
  const span = greatest - least || Math.abs(greatest) || 1;
  const rough = span / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = niceNear(rough / power);
  const step = isWhole ? Math.max(1, Math.round(nice * power)) : nice * power;
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(greatest / step));
  return Array.from({ length: last - first + 1 }, (_, index) => rounded((first + index) * step));
}

/**
 * Without the crumbs of binary fractions.
 *
 * @param {number} value
 */
function rounded(value) {
  return Number(value.toPrecision(12));
}

/** @param {number} value from 1 to below 10 */
function niceNear(value) {
  if (value < 1.5) return 1;
  if (value < 2.5) return 2;
  if (value < 4) return 3;
  return value < 7 ? 5 : 10;
}

/**
 * Maps a domain to a range, linearly.
 *
 * @param {readonly [number, number]} domain
 * @param {readonly [number, number]} range
 * @returns {(value: number) => number}
 */
export function linear([low, high], [start, end]) {
  const slope = high === low ? 0 : (end - start) / (high - low);
  return (value) => start + (value - low) * slope;
}

/**
 * Stacks the values of one period: what is above 0 upwards, what is below downwards.
 *
 * @param {readonly number[]} values
 * @returns {readonly { readonly from: number, readonly to: number }[]} one a value, `from` nearer to 0
 */
export function stacked(values) {
  let [above, below] = [0, 0];
  return values.map((value) => {
    const from = value < 0 ? below : above;
    if (value < 0) below += value;
    else above += value;
    return { from, to: from + value };
  });
}

/** @typedef {{ readonly value: number, readonly kind: 'standing' | 'rise' }} Level a figure as such, or what is added to the one before */

/**
 * The places of the bars of a waterfall, and the beginning of its axis. The axis does not begin at 0 where the steps would be too
 * small to see. The steps take half of the height at least.
 *
 * @param {readonly Level[]} levels
 * @returns {{ bars: readonly { readonly bottom: number, readonly top: number }[], floor: number, ceiling: number }}
 */
export function waterfallOf(levels) {
  let level = 0;
  const bars = levels.map(({ value, kind }) => {
    const before = kind === 'standing' ? 0 : level;
    level = before + value;
    return { bottom: Math.min(before, level), top: Math.max(before, level) };
  });
  const ceiling = Math.max(0, ...bars.map(({ top }) => top));
  const least = Math.min(0, ...bars.map(({ bottom }) => bottom));
  const low = Math.min(...bars.map(({ bottom }) => bottom).filter((bottom) => bottom > 0));
  const steps = bars.filter((_, index) => levels[index]?.kind !== 'standing');
  const span = ceiling - Math.min(...steps.map(({ bottom }) => bottom), ceiling);
  const isCut = least === 0 && span > 0 && span < ceiling / 2;
  return { bars, floor: isCut ? Math.max(0, Math.min(low, ceiling - 2 * span)) : least, ceiling };
}
