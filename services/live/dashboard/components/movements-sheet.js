// @ts-check
import { h } from '/vendor/preact.js';
import { useState } from '/vendor/preact-hooks.js';
import { getJson, errorText } from '../lib/requests.js';
import { filterWords, isFiltered } from '../lib/filter.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { MovementTable } from './movement-table.js';
import { Boundary, Problem } from './message.js';
import { Sheet } from './sheet.js';

/**
 * @import { MovementRow, MovementsTotal } from '../../history-rows.ts'
 * @import { MovementsAsked, SheetProps } from './drill.js'
 */

/** @typedef {{ total: MovementsTotal, rows: readonly MovementRow[] }} Answer */

const pageRows = 100;

/**
 * The movements behind a bar, the greatest first.
 *
 * @param {SheetProps & { asked: MovementsAsked, reportingZone: string }} props
 */
export function MovementsSheet({ asked, zone, reportingZone, onBack, onClose, openCustomer }) {
  const [more, setMore] = useState(/** @type {readonly MovementRow[]} */ ([]));
  const { answer, problem, again } = useAnswer(() => getMovements(asked, 0), [asked]);
  const rows = [...(answer?.rows ?? []), ...more];
  const sub =
    answer === undefined ? (problem === undefined ? 'Loading' : '') : totalWords(answer.total, asked);
  return h(
    Sheet,
    {
      title: titleOf(asked),
      sub: answer === undefined ? sub : `${sub} Days in ${reportingZone}.`,
      onBack,
      onClose,
    },
    h(
      Boundary,
      { again },
      problem !== undefined && h(Problem, { problem, otherwise: 'This could not be read.', again }),
      answer !== undefined && [
        h(MovementTable, { rows, zone, openCustomer }),
        answer.total.movements > rows.length &&
          h(More, {
            getNext: () => getMovements(asked, rows.length),
            take: (next) => setMore([...more, ...next]),
          }),
      ],
    ),
  );
}

/**
 * @param {MovementsAsked} asked
 * @param {number} offset
 * @returns {Promise<Answer>}
 */
function getMovements(asked, offset) {
  return getJson('/v1/history/movements', {
    query: { ...asked, limit: pageRows, offset },
    expects: ['total', 'rows'],
  });
}

/** @param {MovementsAsked} asked */
function titleOf({ from, to, movement, owner, segment }) {
  const days = from === to ? format.fullDay(from) : `${format.fullDay(from)} – ${format.fullDay(to)}`;
  const what = movement === undefined ? 'All movements' : format.words(movement);
  const whose = isFiltered({ owner, segment }) ? ` · ${filterWords({ owner, segment })}` : '';
  return `${what[0]?.toUpperCase()}${what.slice(1)}, ${days}${whose}`;
}

/**
 * @param {MovementsTotal} total
 * @param {MovementsAsked} asked
 */
function totalWords(total, { currency }) {
  return `${format.count(total.movements)} movements of ${format.count(total.customers)} customers, ${format.money(total.amount, currency, { isSigned: true })} in all.`;
}

/** @param {{ getNext: () => Promise<Answer>, take: (rows: readonly MovementRow[]) => void }} props */
function More({ getNext, take }) {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const showNext = async () => {
    setIsBusy(true);
    setProblem('');
    try {
      take((await getNext()).rows);
    } catch (error) {
      setProblem(errorText(error, 'The next could not be read.'));
    }
    setIsBusy(false);
  };
  return h(
    'p',
    { class: 'note' },
    h(
      'button',
      { type: 'button', class: 'quiet', disabled: isBusy, onClick: showNext },
      `Show the next ${pageRows}`,
    ),
    problem !== '' && h('span', { class: 'failure', role: 'alert' }, ` ${problem}`),
  );
}
