// @ts-check
import { h } from '/vendor/preact.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { linkButton, numeric } from '../panels/spec.js';
import { pairs, filledColumns } from './explain-sheet.js';
import { Boundary, Problem } from './message.js';
import { Sheet } from './sheet.js';
import { TableOf } from './table.js';

/**
 * @import { Changes } from '@tidemark/explain/changes'
 * @import { Difference } from '@tidemark/explain/difference'
 * @import { SheetProps } from './drill.js'
 * @import { FigureAsked } from './explain-sheet.js'
 */

const partsShown = 100;

/**
 * What came and went between a figure and that of the period before.
 *
 * @param {SheetProps & { asked: FigureAsked }} props
 */
export function DifferenceSheet({ asked, onBack, onClose, open }) {
  const { view, column, key, operand } = asked;
  const against = periodBefore(key);
  const { answer, problem, again } = useAnswer(
    /** @returns {Promise<Difference>} */
    () =>
      getJson('/v1/explain/difference', {
        query: {
          view,
          column,
          operand,
          limit: partsShown,
          key: pairs(withoutPeriod(key)),
          period: periodOf(key),
          against_period: against,
        },
        expects: ['before', 'after'],
      }),
    [asked],
  );
  const sub =
    answer === undefined
      ? problem === undefined
        ? 'Loading'
        : ''
      : `${against}: ${answer.before.value ?? 'no row'}. ${periodOf(key)}: ${answer.after.value ?? 'no row'}. Difference ${answer.difference ?? '–'}.`;
  return h(
    Sheet,
    { title: `${view}.${operand ?? column}, what came and went`, sub, onBack, onClose },
    h(
      Boundary,
      { again },
      problem !== undefined && h(Problem, { problem, otherwise: 'This could not be read.', again }),
      answer !== undefined && [
        answer.formula !== null && h('p', { class: 'note' }, h('code', null, `= ${answer.formula}`)),
        answer.operands.length > 0 && h(Operands, { operands: answer.operands, asked, open }),
        answer.changes !== null && h(CameAndWent, { changes: answer.changes }),
      ],
    ),
  );
}

/** @param {FigureAsked['key']} key */
function periodName(key) {
  return ['date', 'week', 'month'].find((name) => key[name] !== undefined) ?? '';
}

/** @param {FigureAsked['key']} key */
function periodOf(key) {
  return key[periodName(key)] ?? '';
}

/** @param {FigureAsked['key']} key */
function withoutPeriod(key) {
  return Object.fromEntries(Object.entries(key).filter(([name]) => name !== periodName(key)));
}

/** @param {FigureAsked['key']} key */
function periodBefore(key) {
  const begins = new Date(`${periodOf(key)}T00:00:00Z`);
  const name = periodName(key);
  if (name === 'month') begins.setUTCMonth(begins.getUTCMonth() - 1);
  else begins.setUTCDate(begins.getUTCDate() - (name === 'week' ? 7 : 1));
  return begins.toISOString().slice(0, 'yyyy-mm-dd'.length);
}

/** @param {{ operands: Difference['operands'], asked: FigureAsked, open: SheetProps['open'] }} props */
function Operands({ operands, asked, open }) {
  return h(TableOf, {
    caption: 'What it is computed from',
    columns: [{ label: 'Of' }, ...numeric(['Before', 'After'])],
    rows: operands.map(({ name, before, after, has_parts: hasParts }) => [
      hasParts ? linkButton(name, () => open({ difference: { ...asked, operand: name } })) : name,
      before ?? '–',
      after ?? '–',
    ]),
  });
}

/** @param {{ changes: Changes }} props */
function CameAndWent({ changes: { count, change, parts, groups } }) {
  const filled = [
    'change',
    'what',
    ...filledColumns(parts).filter((name) => !['change', 'what'].includes(name)),
  ];
  return [
    h(
      'p',
      { class: 'note' },
      `${format.count(count)} ${count === 1 ? 'part' : 'parts'} came, went or changed: ${change}.`,
    ),
    ...Object.entries(groups).map(([by, some]) =>
      h(TableOf, {
        key: by,
        caption: `By ${format.words(by)}`,
        columns: [{ label: format.words(by) }, ...numeric(['Change', 'Came', 'Went', 'Changed'])],
        rows: some.map(({ name, change: by_, came, went, changed }) => [
          name === null ? 'others' : name || '–',
          by_,
          ...[came, went, changed].map(format.count),
        ]),
      }),
    ),
    parts.length > 0 &&
      h(TableOf, {
        caption: 'Parts that differ',
        columns: filled.map((name) => ({ label: format.words(name), isNumber: name === 'change' })),
        rows: parts.map((row) => filled.map((name) => row[name] ?? '–')),
      }),
  ];
}
