// @ts-check
/** What all charts of one bar beside the other have in common: their bands, the tip on one of them, and picking one. */
import { h } from '/vendor/preact.js';
import { useMemo, useState } from '/vendor/preact-hooks.js';
import { useWidth } from './use-width.js';

/** @import { ComponentChildren } from '/vendor/preact.js' */

/** @typedef {{ readonly label: string, readonly text: string, readonly colour: string | undefined }} TipLine */
/** @typedef {{ readonly title: string, readonly lines: readonly TipLine[], readonly hint: string | undefined }} Tip */
/** @typedef {{ readonly width: number, readonly band: number, readonly centres: readonly number[] }} Bands in pixels */

/**
 * @typedef {object} BandsProps
 * @property {string} id of the chart, its own on the page
 * @property {string} label the chart in a sentence
 * @property {number} height in pixels
 * @property {number} count how many bands
 * @property {{ left: number, right: number }} margin in pixels, beside the bands
 * @property {(index: number) => Tip} tipOf
 * @property {((index: number, part: string | undefined) => void) | undefined} onPick opens what is behind a band; `part` is the
 *   `data-part` of what was hit
 * @property {(bands: Bands) => ComponentChildren} draw what is to be seen, as SVG
 */

/**
 * With `onPick`, a band is opened by a click, or by the arrow keys and Enter; screen readers get it as a list.
 *
 * @param {BandsProps} props
 */
export function BandChart({ id, label, height, count, margin, tipOf, onPick, draw }) {
  const { box, width } = useWidth();
  const [active, setActive] = useState(-1);
  const tips = useMemo(() => Array.from({ length: count }, (_, index) => tipOf(index)), [count, tipOf]);
  const band = Math.max(0, width - margin.left - margin.right) / Math.max(1, count);
  const centres = tips.map((_, index) => margin.left + (index + 0.5) * band);
  const drawing = useMemo(
    () => (width === 0 ? null : draw({ width, band, centres })),
    [width, band, count, draw],
  );
  const optionId = (/** @type {number} */ index) => `${id}-${index}`;
  const bandAt = (/** @type {MouseEvent} */ { clientX }) => {
    const x = clientX - (box.current?.getBoundingClientRect().left ?? 0) - margin.left;
    const index = Math.floor(x / band);
    return index >= 0 && index < count ? index : -1;
  };
  const picking = onPick === undefined ? { role: 'img' } : pickingOf(onPick);

  /** @param {NonNullable<BandsProps['onPick']>} pick */
  function pickingOf(pick) {
    return {
      role: 'listbox',
      tabIndex: 0,
      'aria-orientation': /** @type {const} */ ('horizontal'),
      'aria-activedescendant': active < 0 ? undefined : optionId(active),
      onBlur: () => setActive(-1),
      onClick: (/** @type {MouseEvent} */ event) => {
        const index = bandAt(event);
        const part = /** @type {Element} */ (event.target).getAttribute('data-part') ?? undefined;
        if (index >= 0) pick(index, part);
      },
      onKeyDown: (/** @type {KeyboardEvent} */ event) => {
        const next = moved(event.key, active, count);
        if (next !== undefined) setActive(next);
        else if (event.key === 'Enter' && active >= 0) pick(active, undefined);
        else return;
        event.preventDefault();
      },
    };
  }

  return h(
    'div',
    {
      class: 'chart',
      ref: box,
      style: { height: `${height}px` },
      'aria-label': label,
      'data-picks': onPick === undefined ? undefined : '',
      onPointerMove: (/** @type {PointerEvent} */ event) => setActive(bandAt(event)),
      onPointerLeave: () => setActive(-1),
      ...picking,
    },
    h(
      'svg',
      { width, height, 'aria-hidden': onPick === undefined ? 'true' : undefined },
      active >= 0 &&
        h('rect', {
          class: 'band',
          x: margin.left + active * band,
          y: 0,
          width: band,
          height,
        }),
      h('g', { 'aria-hidden': 'true' }, drawing),
      onPick !== undefined && h(Options, { tips, active, optionId }),
    ),
    active >= 0 && h(TipBox, { tip: tips[active], x: centres[active] ?? 0, gap: band / 2 + 6, width }),
  );
}

/**
 * The bands as screen readers find them.
 *
 * @param {{ tips: readonly Tip[], active: number, optionId: (index: number) => string }} props
 */
function Options({ tips, active, optionId }) {
  return tips.map(({ title, lines }, index) =>
    h('g', {
      role: 'option',
      id: optionId(index),
      key: index,
      'aria-selected': index === active,
      'aria-label': [title, ...lines.map((line) => `${line.label} ${line.text}`)].join(', '),
    }),
  );
}

/** @param {{ tip: Tip | undefined, x: number, gap: number, width: number }} props `gap` from the centre `x`, in pixels */
function TipBox({ tip, x, gap, width }) {
  if (tip === undefined) return null;
  const style = x > width / 2 ? { right: `${width - x + gap}px` } : { left: `${x + gap}px` };
  return h(
    'div',
    { class: 'tip', style, 'aria-hidden': 'true' },
    h('b', null, tip.title),
    tip.lines.map(({ label, text, colour }) =>
      h(
        'p',
        { key: label },
        colour !== undefined && h('span', { class: 'swatch', style: { background: `var(--${colour})` } }),
        h('span', null, label),
        h('span', { class: 'amount' }, text),
      ),
    ),
    tip.hint !== undefined && h('p', { class: 'hint' }, tip.hint),
  );
}

/**
 * @param {string} key
 * @param {number} active -1 for none
 * @param {number} count
 * @returns {number | undefined} nothing for a key that does not move
 */
function moved(key, active, count) {
  const last = count - 1;
  switch (key) {
    case 'ArrowRight':
      return Math.min(last, active + 1);
    case 'ArrowLeft':
      return active < 0 ? last : Math.max(0, active - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
