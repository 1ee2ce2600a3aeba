// @ts-check
/** The sheet with what is behind a bar: movements, their customers, and a customer's own story. */
import { ask } from './ask.js';
import { byId, h, tableOf } from './dom.js';
import * as format from './format.js';

/**
 * @import { CustomerHealthRow, CustomerValueRow, MovementRow, MovementsTotal } from '../history-rows.ts'
 */

/** @typedef {{ from: string, to: string, currency: string, movement?: string | undefined }} MovementsAsked */
/** @typedef {{ customer_id: string, value: readonly CustomerValueRow[], health: CustomerHealthRow | null, movements: readonly MovementRow[] }} Customer */

const pageRows = 100;

/** @param {() => { zone: string, reportingZone: string }} zones */
export function createDrill(zones) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('drill'));
  /** @type {(() => void)[]} */
  let past = [];
  let turn = 0;

  dialog.addEventListener('close', () => {
    past = [];
    turn++;
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });

  /**
   * @param {string} title
   * @param {string} sub
   * @param {readonly Node[]} content
   */
  function fill(title, sub, content) {
    const back = () => {
      past.pop();
      past.pop()?.();
    };
    const heading = h('h2', { id: 'drill-title', tabindex: -1 }, title);
    dialog.replaceChildren(
      h(
        'div',
        { class: 'inner' },
        h(
          'header',
          {},
          h('div', {}, heading, h('p', { class: 'sub' }, sub)),
          h(
            'div',
            { class: 'actions' },
            past.length > 1 ? h('button', { type: 'button', class: 'quiet', onclick: back }, 'Back') : null,
            h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Close'),
          ),
        ),
        ...content,
      ),
    );
    if (!dialog.open) dialog.showModal();
    heading.focus();
  }

  /**
   * @template Answer
   * @param {string} title
   * @param {Promise<Answer>} asked
   * @param {(answer: Answer) => void} show
   */
  async function during(title, asked, show) {
    const mine = ++turn;
    fill(title, 'Loading', []);
    try {
      const answer = await asked;
      if (mine === turn) show(answer);
    } catch (error) {
      if (mine === turn) fill(title, error instanceof Error ? error.message : 'This could not be read.', []);
    }
  }

  /** @param {MovementsAsked} asked */
  function openMovements(asked) {
    past.push(() => openMovements(asked));
    const days =
      asked.from === asked.to
        ? format.fullDay(asked.from)
        : `${format.fullDay(asked.from)} – ${format.fullDay(asked.to)}`;
    const what = asked.movement === undefined ? 'All movements' : format.words(asked.movement);
    const title = `${what[0]?.toUpperCase()}${what.slice(1)}, ${days}`;
    const query = { ...asked, limit: pageRows };
    /** @type {Promise<{ total: MovementsTotal, rows: readonly MovementRow[] }>} */
    const answer = ask('/v1/history/movements', { query });
    void during(title, answer, ({ total, rows }) => {
      const sub = `${format.count(total.movements)} movements of ${format.count(total.customers)} customers, ${format.money(total.amount, asked.currency, { isSigned: true })} in all. Days in ${zones().reportingZone}.`;
      fill(title, sub, [movementTable(rows, true), ...more(asked, total, rows)]);
    });
  }

  /**
   * @param {MovementsAsked} asked
   * @param {MovementsTotal} total
   * @param {readonly MovementRow[]} rows
   * @returns {Node[]}
   */
  function more(asked, total, rows) {
    if (total.movements <= rows.length) return [];
    const button = h('button', { type: 'button', class: 'quiet' }, `Show the next ${pageRows}`);
    let offset = rows.length;
    button.onclick = async () => {
      button.disabled = true;
      /** @type {{ rows: readonly MovementRow[] }} */
      const next = await ask('/v1/history/movements', { query: { ...asked, limit: pageRows, offset } });
      offset += next.rows.length;
      dialog.querySelector('tbody')?.append(...movementTable(next.rows, true).querySelectorAll('tbody > tr'));
      button.disabled = false;
      if (offset >= total.movements || next.rows.length === 0) button.remove();
    };
    return [h('p', { class: 'note' }, button)];
  }

  /**
   * @param {readonly MovementRow[]} rows
   * @param {boolean} hasCustomer
   */
  function movementTable(rows, hasCustomer) {
    const { zone } = zones();
    return tableOf({
      caption: 'Movements',
      columns: [
        ...(hasCustomer ? [{ label: 'Customer' }] : []),
        { label: 'Movement' },
        { label: 'MRR', isNumber: true },
        { label: `When (${zone})` },
        { label: 'Plan' },
        { label: 'Owner' },
        { label: 'Segment' },
        { label: 'Event' },
      ],
      rows: rows.map((row) => [
        ...(hasCustomer
          ? [
              h(
                'button',
                { type: 'button', class: 'link', onclick: () => openCustomer(row.customer_id) },
                row.customer_id,
              ),
            ]
          : []),
        row.reason === '' ? row.movement : `${row.movement}, ${row.reason}`,
        format.money(row.amount, row.currency, { isSigned: true, isExact: true }),
        format.instant(row.occurred_at, zone),
        format.words(row.plan_id || '–'),
        row.owner || '–',
        format.words(row.segment || '–'),
        row.event_id === '' ? 'the passing of time' : h('code', {}, row.event_id),
      ]),
    });
  }

  /** @param {string} id */
  function openCustomer(id) {
    past.push(() => openCustomer(id));
    /** @type {Promise<Customer>} */
    const answer = ask('/v1/history/customer', { query: { id } });
    void during(`Customer ${id}`, answer, ({ value, health, movements }) => {
      const sub =
        movements.length === 0
          ? 'Never had any MRR.'
          : `${format.count(movements.length)} movements, the latest first.`;
      fill(`Customer ${id}`, sub, [
        customerParts(value, health),
        ...(movements.length > 0 ? [movementTable(movements, false)] : []),
      ]);
    });
  }

  return { openMovements, openCustomer };
}

/**
 * @param {readonly CustomerValueRow[]} value
 * @param {CustomerHealthRow | null} health
 */
function customerParts(value, health) {
  /** @type {[string, string][]} */
  const parts = value.flatMap((row) => [
    [`MRR, ${row.currency}`, format.money(row.mrr, row.currency)],
    [`Recurring to date`, format.money(row.recurring_revenue_to_date, row.currency)],
    [`Purchases`, `${format.count(row.purchases)}, ${format.money(row.revenue, row.currency)}`],
    [`Value to date`, format.money(row.value_to_date, row.currency)],
  ]);
  if (health !== null) {
    parts.push(['Health', `${format.decimal(health.health, 0)} of 100, ${format.words(health.band)}`]);
    for (const name of /** @type {const} */ (['usage', 'satisfaction', 'support', 'payment', 'growth'])) {
      if (health[name] !== null)
        parts.push([`${name[0]?.toUpperCase()}${name.slice(1)}`, format.decimal(health[name], 0)]);
    }
  }
  return h(
    'dl',
    { class: 'parts' },
    parts.map(([label, text]) => h('div', {}, h('dt', {}, label), h('dd', {}, text))),
  );
}
