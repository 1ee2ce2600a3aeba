// @ts-check
import { h } from '/vendor/preact.js';
import { useMemo } from '/vendor/preact-hooks.js';
import { filterColumns, filteredName, filterWords, isFiltered, unfilteredWords } from '../lib/filter.js';
import { useAnswer } from '../lib/use-answer.js';
import { About } from './catalogue.js';
import { Boundary, Message, Problem, Unfiltered } from './message.js';
import { Save } from './save.js';
import { TableOf } from './table.js';

/**
 * @import { Filter } from '../lib/filter.js'
 * @import { Headline, PanelSpec, View } from '../panels/spec.js'
 */

/** @template Data @typedef {{ data: Data, isEmpty: boolean, view: View, spec: PanelSpec<Data>, of: Filter }} Loaded what was loaded, and what for */

/**
 * A panel with its states: loading, empty, failed, and what it shows. While it loads anew, what it showed stays.
 *
 * @template Data
 * @param {{ spec: PanelSpec<Data>, filter: Filter, view: View | undefined, tick: unknown, isTable: boolean, onTurn: () => void }} props
 *   without a view there is nothing to ask for yet; when `tick` changes it loads anew; `onTurn` from chart to table and back
 */
export function Panel({ spec: all, filter, view, tick, isTable, onTurn }) {
  const narrowed = useMemo(() => narrowedTo(filter, all), [all, filter]);
  const spec = typeof narrowed === 'string' ? all : narrowed;
  const of = typeof narrowed === 'string' ? {} : filter;
  const { answer, problem, isBusy, again } = useAnswer(async () => {
    if (view === undefined) return undefined;
    const data = await spec.load(view);
    return { data, isEmpty: spec.isEmpty(data), view, spec, of };
  }, [view, tick, spec]);
  const isLoading = isBusy || view === undefined;
  const shown = problem === undefined ? answer : undefined;
  // What it showed stays while it loads anew, and so does whose figures they are.
  const whose = shown?.of ?? of;
  const hasFigures = shown !== undefined && !shown.isEmpty;
  return h(
    'section',
    {
      class: 'panel',
      id: spec.id,
      'data-span': spec.span,
      'data-stale':
        isLoading && shown !== undefined && (shown.view !== view || shown.spec !== spec) ? '' : undefined,
      'aria-labelledby': `${spec.id}-title`,
      'aria-busy': isLoading,
    },
    h(
      'header',
      null,
      h('h2', { id: `${spec.id}-title` }, spec.title, spec.aside && h('small', null, spec.aside)),
      hasFigures &&
        h(
          'div',
          { class: 'actions', 'data-not-in-picture': '' },
          spec.table !== undefined && h(Toggle, { title: spec.title, isTable, onTurn }),
          h(Save, {
            id: spec.id,
            name: filteredName(spec.id, shown.of),
            title: spec.title,
            rows: () => shown.spec.rowsOf(shown.data).map((row) => ({ ...filterColumns(shown.of), ...row })),
          }),
        ),
    ),
    isFiltered(whose)
      ? h('p', { class: 'whose' }, filterWords(whose))
      : typeof narrowed === 'string' && h(Unfiltered, null, narrowed),
    h(
      'div',
      { class: 'content' },
      problem !== undefined
        ? h(Problem, { problem, otherwise: 'This could not be drawn.', again })
        : shown === undefined
          ? h(Message, null, 'Loading')
          : h(Boundary, { again }, h(Content, { loaded: /** @type {Loaded<unknown>} */ (shown), isTable })),
    ),
    hasFigures && h(About, { measure: spec.measure, title: spec.title }),
  );
}

/**
 * What is shown for a filter, or why the filter has no effect.
 *
 * @template Data
 * @param {Filter} filter
 * @param {PanelSpec<Data>} all
 */
function narrowedTo(filter, all) {
  return isFiltered(filter) ? (all.narrowed?.(filter) ?? unfilteredWords(filter)) : all;
}

/** @param {{ title: string, isTable: boolean, onTurn: () => void }} props */
function Toggle({ title, isTable, onTurn }) {
  const other = isTable ? 'Chart' : 'Table';
  return h(
    'button',
    { type: 'button', class: 'toggle', 'aria-label': `${other}: ${title}`, onClick: onTurn },
    other,
  );
}

/** @param {{ loaded: Loaded<unknown>, isTable: boolean }} props */
function Content({ loaded: { data, isEmpty, view, spec }, isTable }) {
  if (isEmpty) return h(Message, null, spec.empty);
  const note = spec.note?.(data, view);
  return [
    h(HeadlineOf, { ...spec.headline(data, view), title: spec.title, openFigure: view.openFigure }),
    h(
      'div',
      { class: 'body' },
      isTable && spec.table ? h(TableOf, spec.table(data, view)) : spec.draw(data, view),
    ),
    !isTable && spec.legend && h(Legend, { entries: spec.legend }),
    note && h('p', { class: 'note' }, note),
  ];
}

/** @param {Headline & { title: string, openFigure: View['openFigure'] }} headline */
function HeadlineOf({ figure, cell, delta, against, facts = [], title, openFigure }) {
  return h(
    'p',
    { class: 'headline' },
    cell === undefined
      ? h('span', { class: 'figure' }, figure)
      : h(
          'button',
          {
            type: 'button',
            class: 'figure behind',
            'aria-label': `${title}: ${figure}, what is behind it`,
            onClick: () => openFigure(cell),
          },
          figure,
        ),
    delta &&
      h('span', { class: 'delta', 'data-tone': delta.tone }, h('b', null, delta.text), ` ${against ?? ''}`),
    facts.filter(Boolean).map((fact) => h('span', { class: 'fact' }, fact)),
  );
}

/** @param {{ entries: readonly { label: string, colour: string }[] }} props */
function Legend({ entries }) {
  return h(
    'ul',
    { class: 'legend' },
    entries.map(({ label, colour }) =>
      h(
        'li',
        { key: label },
        h('span', { class: 'swatch', style: { background: `var(--${colour})` } }),
        label,
      ),
    ),
  );
}
