// @ts-check
import { h } from '/vendor/preact.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { Boundary, Problem } from './message.js';
import { MovementTable } from './movement-table.js';
import { Sheet } from './sheet.js';

/**
 * @import { CustomerHealthRow, CustomerValueRow, MovementRow } from '../../history-rows.ts'
 * @import { SheetProps } from './drill.js'
 */

/** @typedef {{ customer_id: string, value: readonly CustomerValueRow[], health: CustomerHealthRow | null, movements: readonly MovementRow[] }} Customer */

const scores = /** @type {const} */ (['usage', 'satisfaction', 'support', 'payment', 'growth']);

/**
 * A customer: value in each currency, health, and movements.
 *
 * @param {SheetProps & { id: string }} props
 */
export function CustomerSheet({ id, zone, onBack, onClose }) {
  const { answer, problem, again } = useAnswer(
    /** @returns {Promise<Customer>} */
    () => getJson('/v1/history/customer', { query: { id }, expects: ['value', 'health', 'movements'] }),
    [id],
  );
  const count = answer?.movements.length;
  const sub = count === undefined ? (problem === undefined ? 'Loading' : '') : movementWords(count);
  return h(
    Sheet,
    { title: `Customer ${id}`, sub, onBack, onClose },
    h(
      Boundary,
      { again },
      problem !== undefined && h(Problem, { problem, otherwise: 'This could not be read.', again }),
      answer !== undefined && [
        h(Parts, { parts: [...valueParts(answer.value), ...healthParts(answer.health)] }),
        answer.movements.length > 0 && h(MovementTable, { rows: answer.movements, zone }),
      ],
    ),
  );
}

/** @param {number} count */
function movementWords(count) {
  if (count === 0) return 'Never had any MRR.';
  return count === 1 ? '1 movement.' : `${format.count(count)} movements, the latest first.`;
}

/** @typedef {readonly [label: string, text: string]} Part */

/** @param {{ parts: readonly Part[] }} props */
function Parts({ parts }) {
  return h(
    'dl',
    { class: 'parts' },
    parts.map(([label, text]) => h('div', { key: label }, h('dt', null, label), h('dd', null, text))),
  );
}

/**
 * @param {readonly CustomerValueRow[]} value
 * @returns {readonly Part[]}
 */
function valueParts(value) {
  return value.flatMap((row) => [
    [`MRR, ${row.currency}`, format.money(row.mrr, row.currency)],
    [`Recurring to date, ${row.currency}`, format.money(row.recurring_revenue_to_date, row.currency)],
    [
      `Purchases, ${row.currency}`,
      `${format.count(row.purchases)}, ${format.money(row.revenue, row.currency)}`,
    ],
    [`Value to date, ${row.currency}`, format.money(row.value_to_date, row.currency)],
  ]);
}

/**
 * @param {CustomerHealthRow | null} health
 * @returns {readonly Part[]}
 */
function healthParts(health) {
  if (health === null) return [];
  return [
    ['Health', `${format.decimal(health.health, 0)} of 100, ${format.words(health.band)}`],
    ...scores
      .filter((name) => health[name] !== null)
      .map(
        (name) =>
          /** @type {const} */ ([
            `${name[0]?.toUpperCase()}${name.slice(1)}`,
            format.decimal(health[name], 0),
          ]),
      ),
  ];
}
