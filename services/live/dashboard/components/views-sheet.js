// @ts-check
import { h } from '/vendor/preact.js';
import { useState } from '/vendor/preact-hooks.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { linkButton } from '../panels/spec.js';
import { Boundary, Problem } from './message.js';
import { Sheet } from './sheet.js';
import { TableOf } from './table.js';

/**
 * @import { Rows } from '@tidemark/explain/rows'
 * @import { SheetProps } from './drill.js'
 */

const rowsShown = 50;

/**
 * Any view: its latest rows, each figure of which opens what is behind it.
 *
 * @param {SheetProps & { first: string }} props
 */
export function ViewsSheet({ first, onBack, onClose, open }) {
  const [view, setView] = useState(first);
  const views = useAnswer(
    /** @returns {Promise<{ views: readonly { view: string }[] }>} */
    () => getJson('/v1/explain/figures', { expects: ['views'] }),
    [],
  );
  const { answer, problem, again } = useAnswer(
    /** @returns {Promise<Rows>} */
    () =>
      getJson('/v1/explain/rows', {
        query: { view, limit: rowsShown },
        expects: ['key', 'figures', 'rows'],
      }),
    [view],
  );
  return h(
    Sheet,
    { title: 'Figures of all views', sub: 'A click on a figure opens what is behind it.', onBack, onClose },
    h(
      'p',
      { class: 'note' },
      h(
        'label',
        null,
        'View ',
        h(
          'select',
          {
            value: view,
            onChange: (/** @type {Event} */ { target }) =>
              setView(/** @type {HTMLSelectElement} */ (target).value),
          },
          (views.answer?.views ?? [{ view }]).map(({ view: name }) => h('option', { key: name }, name)),
        ),
      ),
    ),
    h(
      Boundary,
      { again },
      problem !== undefined && h(Problem, { problem, otherwise: 'This could not be read.', again }),
      answer !== undefined && answer.view === view && h(RowsOf, { rows: answer, open }),
    ),
  );
}

/** @param {{ rows: Rows, open: SheetProps['open'] }} props */
function RowsOf({ rows: { view, key, figures, rows }, open }) {
  if (rows.length === 0) return h('p', { class: 'note' }, 'The view has no rows yet.');
  const columns = Object.keys(rows[0] ?? {});
  return h(TableOf, {
    caption: view,
    columns: columns.map((name) => ({ label: format.words(name), isNumber: figures.includes(name) })),
    rows: rows.map((row) => {
      const named = Object.fromEntries(key.map((name) => [name, row[name] ?? '']));
      return columns.map((column) => {
        const value = row[column] ?? '–';
        return figures.includes(column)
          ? linkButton(value, () => open({ figure: { view, column, key: named } }))
          : value;
      });
    }),
  });
}
