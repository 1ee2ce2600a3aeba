// @ts-check
import { h } from '/vendor/preact.js';

/** @import { ComponentChildren } from '/vendor/preact.js' */

/**
 * The frame of what the dialog shows.
 *
 * @param {{ title: string, sub: string, onBack: (() => void) | undefined, onClose: () => void, children?: ComponentChildren }} props
 */
export function Sheet({ title, sub, onBack, onClose, children }) {
  const button = (/** @type {string} */ label, /** @type {() => void} */ onClick) =>
    h('button', { type: 'button', class: 'quiet', onClick }, label);
  return h(
    'div',
    { class: 'inner' },
    h(
      'header',
      null,
      h(
        'div',
        null,
        h('h2', { id: 'drill-title', tabIndex: -1 }, title),
        h('p', { class: 'sub', 'aria-live': 'polite' }, sub),
      ),
      h('div', { class: 'actions' }, onBack && button('Back', onBack), button('Close', onClose)),
    ),
    children,
  );
}
