// @ts-check
import { h } from '/vendor/preact.js';
import { useContext } from '/vendor/preact-hooks.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { written } from '../lib/view-series.js';
import { linkButton } from '../panels/spec.js';
import { Catalogue, throughOf } from './catalogue.js';
import { Boundary, Message, Problem } from './message.js';
import { Save } from './save.js';
import { Sheet } from './sheet.js';
import { TableOf } from './table.js';
import { ViewChart } from './view-chart.js';
import { Filters } from './view-filters.js';

/**
 * @import { RowsAnswer, ViewAnswer } from '../../views-api.ts'
 * @import { Row } from '../lib/view-series.js'
 * @import { SheetProps } from './drill.js'
 */

/** @typedef {{ readonly view: string, readonly measure?: string, readonly where?: Readonly<Record<string, string>> }} ViewAsked `where`: values of dimensions */

const readMax = 5_000;
const shownMax = 200;

/**
 * Any view of the catalogue: what its figures mean, how far they are counted, the figures as a chart and as a table.
 *
 * @param {SheetProps & { asked: ViewAsked }} props
 */
export function ViewSheet({ asked, zone, onBack, onClose, open, turn }) {
  const known = useContext(Catalogue);
  const view = known.views.get(asked.view);
  if (view === undefined) {
    const text = known.views.size === 0 ? 'Loading' : `There is no view ${asked.view}.`;
    return h(Sheet, { title: asked.view, sub: '', onBack, onClose }, h(Message, null, text));
  }
  const measure = view.measures.find((name) => name === asked.measure) ?? view.measures[0];
  const through = throughOf(known, view.view);
  const sub = `${view.title}. ${through === undefined ? 'Not known how far it is counted.' : `Counted through ${format.instant(through, zone)}.`}`;
  return h(
    Sheet,
    { title: view.view, sub, onBack, onClose },
    h(Definition, { view, measure }),
    h(Figures, { key: view.view, view, measure, asked, zone, open, turn }),
  );
}

/** @param {{ view: ViewAnswer, measure: string | undefined }} props */
function Definition({ view: { meaning, formula, columns }, measure }) {
  const column = columns.find(({ name }) => name === measure);
  return h(
    'div',
    { class: 'definition' },
    h('p', null, meaning),
    column !== undefined && h('p', null, h('b', null, format.words(column.name)), ` ${column.meaning}`),
    formula.length > 0 &&
      h(
        'details',
        null,
        h('summary', null, 'Formula'),
        formula.map((line) => h('p', { key: line }, h('code', null, line))),
      ),
  );
}

/**
 * @param {Pick<SheetProps, 'zone' | 'open' | 'turn'> & { view: ViewAnswer, measure: string | undefined, asked: ViewAsked }} props
 */
function Figures({ view, measure, asked, zone, open, turn }) {
  const { shown } = useContext(Catalogue);
  const { from, to } = shown ?? {};
  const where = asked.where ?? firstFilter(view, shown?.currency);
  const filters = Object.entries(where).map(([name, value]) => `${name}=${value}`);
  const { answer, problem, isBusy, again } = useAnswer(async () => {
    if (from === undefined) return undefined;
    /** @type {RowsAnswer} */
    const rows = await getJson(`/v1/views/${view.view}`, {
      query: { from, to, where: filters, limit: readMax },
      expects: ['rows', 'values'],
    });
    return rows;
  }, [view, from, to, filters.join('\n')]);
  const show = (/** @type {Partial<ViewAsked>} */ part) =>
    turn({ view: { view: view.view, ...(measure === undefined ? {} : { measure }), where, ...part } });
  const rows = /** @type {readonly Row[]} */ (answer?.rows ?? []);
  const isThere = answer !== undefined && problem === undefined;
  return h(
    Boundary,
    { again },
    h(Filters, { view, measure, where, values: answer?.values ?? {}, show }),
    problem !== undefined && h(Problem, { problem, otherwise: 'This could not be read.', again }),
    !isThere && problem === undefined && h(Message, null, 'Loading'),
    isThere &&
      rows.length === 0 &&
      h(Message, null, 'Nothing in these days. Choose others behind this sheet, or another filter.'),
    isThere &&
      rows.length > 0 && [
        h(
          'div',
          { id: 'view-picture', key: 'chart', 'aria-busy': isBusy },
          h(
            'h3',
            null,
            [view.view, measure].filter(Boolean).join('.'),
            h('small', null, ` ${filters.join(', ')}`),
          ),
          measure !== undefined && h(ViewChart, { view, measure, rows, zone }),
        ),
        h(
          'p',
          { class: 'note keep', key: 'save' },
          countWords(rows.length, answer.is_whole),
          h(Save, { id: 'view-picture', name: view.view, title: view.view, rows: () => rows }),
        ),
        h(Rows, { key: 'table', view, rows, zone, open }),
      ],
  );
}

/**
 * Amounts of several currencies are not to be compared, so one is shown at first; all are in one where they are converted.
 *
 * @param {ViewAnswer} view
 * @param {string | undefined} currency
 * @returns {Readonly<Record<string, string>>}
 */
function firstFilter({ view, dimensions }, currency) {
  return currency !== undefined && dimensions.includes('currency') && !/_reporting$|^fx_/.test(view)
    ? { currency }
    : {};
}

/**
 * @param {number} count
 * @param {boolean} isWhole
 */
function countWords(count, isWhole) {
  const what = `${isWhole ? '' : 'The latest '}${format.count(count)} ${count === 1 ? 'row' : 'rows'}`;
  return count > shownMax ? `${what}, ${shownMax} of them below; the file has all of them. ` : `${what}. `;
}

/** @param {{ view: ViewAnswer, rows: readonly Row[], zone: string, open: SheetProps['open'] }} props */
function Rows({ view: { view, columns, measures }, rows, zone, open }) {
  const explained = useExplained(view);
  return h(TableOf, {
    caption: view,
    columns: columns.map(({ name }) => ({ label: format.words(name), isNumber: measures.includes(name) })),
    rows: rows.slice(0, shownMax).map((row) =>
      columns.map(({ name, unit }) => {
        const text = written(row[name], { unit, currency: textOf(row['currency']), zone });
        if (name === 'customer_id' && row[name] !== '')
          return linkButton(text, () => open({ customer: textOf(row[name]) }));
        if (explained === undefined || row[name] === null || !explained.columns.includes(name)) return text;
        const key = Object.fromEntries(explained.key.map((one) => [one, textOf(row[one])]));
        return linkButton(text, () => open({ figure: { view, column: name, key } }));
      }),
    ),
  });
}

/** @param {string | number | null | undefined} value */
function textOf(value) {
  return String(value ?? '');
}

/**
 * Which figures of a view can be explained.
 *
 * @param {string} view
 */
function useExplained(view) {
  const { answer } = useAnswer(
    /** @returns {Promise<{ views: readonly { view: string, key: readonly string[], columns: readonly string[] }[] }>} */
    () => getJson('/v1/explain/figures', { expects: ['views'] }),
    [],
  );
  return answer?.views.find((one) => one.view === view);
}
