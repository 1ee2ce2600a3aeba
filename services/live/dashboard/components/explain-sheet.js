// @ts-check
import { h } from '/vendor/preact.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { linkButton, numeric } from '../panels/spec.js';
import { Boundary, Problem } from './message.js';
import { Sheet } from './sheet.js';
import { TableOf } from './table.js';

/**
 * @import { Answer, OperandAnswer, PartsAnswer } from '@tidemark/explain/answer'
 * @import { SheetProps } from './drill.js'
 */

/** @typedef {Readonly<Record<string, string | null>>} Named values by column */
/** @typedef {{ readonly view: string, readonly column: string, readonly key: Named, readonly operand?: string, readonly part?: Named }} FigureAsked a cell of a view */

const partsShown = 100;
/** Columns that come first. */
const firstColumns = ['part', 'at', 'customer_id', 'movement', 'currency', 'plan_id', 'owner', 'segment'];

/**
 * What is behind a figure: the facts that add up to it, or what it is computed from.
 *
 * @param {SheetProps & { asked: FigureAsked }} props
 */
export function ExplainSheet({ asked, onBack, onClose, open }) {
  const { view, column, key, operand, part } = asked;
  const { answer, problem, again } = useAnswer(
    /** @returns {Promise<Answer>} */
    () =>
      getJson('/v1/explain', {
        query: { view, column, operand, limit: partsShown, key: pairs(key), part: pairs(part ?? {}) },
        expects: ['value', 'operands'],
      }),
    [asked],
  );
  const sub = answer === undefined ? (problem === undefined ? 'Loading' : '') : answer.meaning;
  return h(
    Sheet,
    { title: `${view}.${operand ?? column}`, sub, onBack, onClose },
    h(
      Boundary,
      { again },
      problem !== undefined && h(Problem, { problem, otherwise: 'This could not be read.', again }),
      answer !== undefined && [
        h(
          'p',
          { class: 'note' },
          `${keyWords(key)}: ${column} = ${answer.value ?? '–'} `,
          hasPeriod(key) && linkButton('Against the period before', () => open({ difference: asked })),
        ),
        answer.is_equal || h('p', { class: 'failure' }, `The parts come to ${answer.explained ?? '–'}.`),
        answer.formula !== null && h('p', { class: 'note' }, h('code', null, `= ${answer.formula}`)),
        answer.operands.length > 0 && h(Operands, { operands: answer.operands, asked, open }),
        answer.parts !== null && h(Parts, { parts: answer.parts, asked, open }),
      ],
    ),
  );
}

/** @param {Named} values */
export function pairs(values) {
  return Object.entries(values).map(([name, value]) => `${name}=${value ?? ''}`);
}

/** @param {Named} key */
function keyWords(key) {
  return Object.values(key)
    .map((value) => value || '–')
    .join(', ');
}

/** @param {Named} key */
function hasPeriod(key) {
  return ['date', 'week', 'month'].some((name) => key[name] !== undefined);
}

/** @param {{ operands: readonly OperandAnswer[], asked: FigureAsked, open: SheetProps['open'] }} props */
function Operands({ operands, asked, open }) {
  return h(TableOf, {
    caption: 'What it is computed from',
    columns: [{ label: 'Of' }, ...numeric(['Value'])],
    rows: operands.map(({ name, value, figure }) => [
      linkButton(name, () => open({ figure: figure ?? { ...asked, operand: name } })),
      value ?? '–',
    ]),
  });
}

/** @param {{ parts: PartsAnswer, asked: FigureAsked, open: SheetProps['open'] }} props */
function Parts({ parts, asked, open }) {
  const { rows, count, kind } = parts;
  const filled = filledColumns(rows);
  const [one, of] = kind === null ? ['part', ''] : ['fact', ` of ${format.words(kind)}`];
  const what = `${one}${count === 1 ? '' : 's'}${of}`;
  const which = rows.length < count ? `, the ${format.count(rows.length)} largest` : '';
  return [
    h('p', { class: 'note' }, `${format.count(count)} ${what}${which}.`),
    rows.length > 0 &&
      h(TableOf, {
        caption: 'What adds up to it',
        columns: filled.map((name) => ({ label: format.words(name), isNumber: name === 'part' })),
        rows: rows.map((row) => {
          const behind = behindOf(parts, asked, row);
          return filled.map((name, place) => {
            const value = row[name] ?? '–';
            return place === 0 && behind !== undefined ? linkButton(value, () => open(behind)) : value;
          });
        }),
      }),
  ];
}

/**
 * Columns that have a value in some row, the most important first.
 *
 * @param {readonly Named[]} rows
 */
export function filledColumns(rows) {
  const filled = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => (row[name] ?? '') !== ''));
  return [
    ...firstColumns.filter((name) => filled.includes(name)),
    ...filled.filter((name) => !firstColumns.includes(name)),
  ];
}

/**
 * What is behind a part: another figure, its facts, or the events of a fact.
 *
 * @param {PartsAnswer} parts
 * @param {FigureAsked} asked
 * @param {Named} row
 * @returns {import('./drill.js').Page | undefined}
 */
function behindOf({ figures, has_facts: hasFacts, events }, asked, row) {
  const named = Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'part'));
  if (figures !== null) return { figure: { ...figures, key: named } };
  if (hasFacts) return { figure: { ...asked, part: named } };
  const entity = events === null ? undefined : row[events.column];
  if (events === null || !entity) return undefined;
  return { events: { family: events.family, entity, eventId: row['event_id'] ?? '' } };
}
