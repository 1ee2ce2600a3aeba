// @ts-check
import { ask, NoAnswer } from './ask.js';
import { h, styled, tableOf } from './dom.js';
import { day } from './format.js';

/**
 * What all panels are drawn with.
 *
 * @typedef {object} View
 * @property {string} from first day
 * @property {string} to last day
 * @property {string} today
 * @property {string} currency
 * @property {string} zone in which instants are written
 * @property {string} reportingZone in which days begin
 * @property {(asked: import('./drill.js').MovementsAsked) => void} openMovements
 * @property {(id: string) => void} openCustomer
 */

/**
 * @template Data
 * @typedef {object} PanelSpec
 * @property {string} id
 * @property {string} title
 * @property {string} [aside] what the title leaves open: a unit, a basis
 * @property {4 | 5 | 6 | 7 | 8 | 12} span of twelve columns
 * @property {(view: View) => Promise<Data>} load
 * @property {(data: Data) => boolean} isEmpty
 * @property {string} empty what is said when there is nothing
 * @property {(data: Data, view: View) => Headline} [headline]
 * @property {(data: Data, view: View) => readonly { label: string, colour: string }[]} [legend]
 * @property {(data: Data, view: View) => string} [note]
 * @property {(box: HTMLElement, data: Data, view: View) => (() => void) | void | Promise<() => void>} draw
 * @property {(data: Data, view: View) => string} [describe] the chart in a sentence; without it, it is no chart
 * @property {(data: Data, view: View) => import('./dom.js').Table} [table] the same as a table
 */

/**
 * @typedef {object} Headline
 * @property {string} figure
 * @property {string} [unit]
 * @property {{ text: string, tone: string } | undefined} [delta]
 * @property {string} [against] what the delta is against
 * @property {readonly (string | Node)[]} [facts]
 */

/** @typedef {{ show: (view: View) => Promise<void>, redraw: () => void, element: HTMLElement }} Panel */

/**
 * A panel with its states: loading, empty, failed, and what it shows. While it loads anew, what it showed stays.
 *
 * @template Data
 * @param {PanelSpec<Data>} spec
 * @returns {Panel}
 */
export function createPanel(spec) {
  const title = h(
    'h2',
    { id: `${spec.id}-title` },
    spec.title,
    spec.aside ? h('small', {}, spec.aside) : null,
  );
  const toggle = h(
    'button',
    { type: 'button', class: 'toggle', 'aria-pressed': 'false', onclick: turn },
    'Table',
  );
  const content = h('div', { class: 'content' });
  const element = h(
    'section',
    {
      class: 'panel',
      id: spec.id,
      'data-span': spec.span,
      'aria-labelledby': `${spec.id}-title`,
      'aria-busy': 'true',
    },
    h('header', {}, title, spec.table ? toggle : null),
    content,
  );
  toggle.hidden = true;
  toggle.setAttribute('aria-label', `${spec.title} as a table`);
  stateOf(content, 'Loading');

  /** @type {{ data: Data, view: View } | undefined} */
  let shown;
  let isTable = false;
  let turnOf = 0;
  /** @type {() => void} */
  let dispose = () => {};

  function turn() {
    isTable = !isTable;
    toggle.textContent = isTable ? 'Chart' : 'Table';
    toggle.setAttribute('aria-pressed', String(isTable));
    void render();
  }

  async function render() {
    if (shown === undefined) return;
    const { data, view } = shown;
    dispose();
    dispose = () => {};
    toggle.hidden = spec.isEmpty(data);
    if (spec.isEmpty(data)) return stateOf(content, spec.empty);
    const body = h('div', { class: 'body' });
    const headline = spec.headline?.(data, view);
    const legend = isTable ? undefined : spec.legend?.(data, view);
    const note = spec.note?.(data, view);
    content.replaceChildren(
      ...[
        headline === undefined ? undefined : headlineOf(headline),
        body,
        legend === undefined ? undefined : legendOf(legend),
        note ? h('p', { class: 'note' }, note) : undefined,
      ].filter((one) => one !== undefined),
    );
    if (isTable && spec.table) {
      body.append(tableOf(spec.table(data, view)));
      return;
    }
    const box = h(
      'div',
      spec.describe ? { class: 'chart', role: 'img', 'aria-label': spec.describe(data, view) } : {},
    );
    body.append(box);
    const drawn = await spec.draw(box, data, view);
    if (drawn === undefined) return;
    // Another period may have been drawn while ECharts was fetched.
    if (box.isConnected) dispose = drawn;
    else drawn();
  }

  /** @param {View} view */
  async function show(view) {
    const mine = ++turnOf;
    element.setAttribute('aria-busy', 'true');
    const isOther =
      shown === undefined ||
      shown.view.from !== view.from ||
      shown.view.to !== view.to ||
      shown.view.currency !== view.currency;
    if (isOther && shown !== undefined) element.setAttribute('data-stale', '');
    try {
      const data = await spec.load(view);
      if (mine !== turnOf) return;
      shown = { data, view };
      await render();
    } catch (error) {
      if (mine !== turnOf) return;
      shown = undefined;
      dispose();
      dispose = () => {};
      toggle.hidden = true;
      const message = error instanceof NoAnswer ? error.message : 'This could not be drawn.';
      const again = h(
        'button',
        { type: 'button', class: 'quiet', onclick: () => void show(view) },
        'Try again',
      );
      stateOf(content, message, again);
      if (!(error instanceof NoAnswer)) throw error;
    } finally {
      if (mine === turnOf) {
        element.removeAttribute('data-stale');
        element.setAttribute('aria-busy', 'false');
      }
    }
  }
  return { element, show, redraw: () => void render() };
}

/**
 * @param {HTMLElement} content
 * @param {string} text
 * @param {...Node} more
 */
function stateOf(content, text, ...more) {
  content.replaceChildren(h('div', { class: 'state' }, h('p', {}, text), ...more));
}

/** @param {Headline} headline */
function headlineOf({ figure, unit, delta, against, facts = [] }) {
  return h(
    'p',
    { class: 'headline' },
    h('span', { class: 'figure' }, figure, unit ? h('small', {}, ` ${unit}`) : null),
    delta
      ? h('span', { class: 'delta', 'data-tone': delta.tone }, h('b', {}, delta.text), ` ${against ?? ''}`)
      : null,
    facts.map((fact) => h('span', { class: 'fact' }, fact)),
  );
}

/** @param {readonly { label: string, colour: string }[]} entries */
function legendOf(entries) {
  const items = entries.map(({ label, colour }) =>
    h('li', {}, styled('span', { background: colour }, 'swatch'), label),
  );
  return h('ul', { class: 'legend' }, items);
}

/**
 * A figure with its name, beside the headline.
 *
 * @param {string} label
 * @param {string} value
 * @param {string} [tone]
 */
export function fact(label, value, tone) {
  return h('span', {}, `${label} `, h('b', { 'data-tone': tone }, value));
}

/**
 * Asks for the history of the period and currency that are shown.
 *
 * @param {string} path below `/v1/history`
 */
export const overPeriod =
  (path) =>
  (/** @type {View} */ { from, to, currency }) =>
    ask(`/v1/history/${path}`, { query: { from, to, currency } });

/**
 * A table of a row a period, the latest first.
 *
 * @template {{ readonly period: string }} Row
 * @param {string} caption
 * @param {{ readonly rows: readonly Row[], readonly grain: import('../history-rows.ts').Grain }} history
 * @param {Readonly<Record<string, (row: Row) => string>>} columns what stands below each heading, beside the period
 * @returns {import('./dom.js').Table}
 */
export function periodTable(caption, { rows, grain }, columns) {
  return {
    caption,
    columns: [{ label: 'Period' }, ...Object.keys(columns).map((label) => ({ label, isNumber: true }))],
    rows: rows
      .toReversed()
      .map((row) => [day(row.period, grain), ...Object.values(columns).map((cell) => cell(row))]),
  };
}
