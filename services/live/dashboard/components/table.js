// @ts-check
import { h } from '/vendor/preact.js';

/** @import { ComponentChildren } from '/vendor/preact.js' */

/**
 * @typedef {{ readonly label: string, readonly isNumber?: boolean }} Column
 * @typedef {{ readonly caption: string, readonly columns: readonly Column[], readonly rows: readonly (readonly ComponentChildren[])[] }} Table
 */

/**
 * A table in a box of its own that scrolls, and can be scrolled by keyboard.
 *
 * @param {Table} table
 */
export function TableOf({ caption, columns, rows }) {
  const classOf = (/** @type {number} */ index) => (columns[index]?.isNumber ? 'num' : undefined);
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      null,
      h('caption', { class: 'hidden' }, caption),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          columns.map(({ label }, index) =>
            h('th', { key: label, scope: 'col', class: classOf(index) }, label),
          ),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map((cells, row) =>
          h(
            'tr',
            { key: row },
            cells.map((cell, index) =>
              index === 0
                ? h('th', { scope: 'row', class: classOf(index) }, cell)
                : h('td', { class: classOf(index) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}
