// @ts-check
/** The strip of figures that are live: from the counters, so without ClickHouse. */
import { byId, h } from './dom.js';
import * as format from './format.js';

/** @import { Summary } from '../summary.ts' */

/**
 * @param {Summary | undefined} summary
 * @param {string} currency
 * @param {boolean} isStale
 */
export function showNow(summary, currency, isStale) {
  const list = byId('figures');
  list.toggleAttribute('data-stale', isStale);
  list.setAttribute('aria-busy', String(summary === undefined));
  const cells = summary === undefined ? waiting() : cellsOf(summary, currency);
  if (list.children.length !== cells.length) {
    list.replaceChildren(
      ...cells.map(({ label }) =>
        h(
          'div',
          {},
          h('dt', {}, label),
          h('dd', {}, h('span', { class: 'figure' }), h('span', { class: 'aside' })),
        ),
      ),
    );
  }
  cells.forEach(({ label, figure, aside }, index) => {
    const cell = list.children[index];
    setText(cell?.querySelector('dt'), label);
    setText(cell?.querySelector('.figure'), figure);
    setText(cell?.querySelector('.aside'), aside);
  });
}

/**
 * @param {Element | null | undefined} element
 * @param {string} text
 */
function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** @typedef {{ label: string, figure: string, aside: string }} Cell */

const labels = [
  'MRR now',
  'Customers now',
  'Lost today',
  'Cancellations scheduled today',
  'Carts, last hour',
  'Contacts today',
  'Mentions today',
  'Sales today',
];

/** @returns {Cell[]} */
function waiting() {
  return labels.map((label) => ({ label, figure: '–', aside: 'waiting for the counters' }));
}

/**
 * @param {Summary} summary
 * @param {string} currency
 * @returns {Cell[]}
 */
function cellsOf(summary, currency) {
  const { churn, carts, contacts } = summary;
  const recurring = summary.recurring.find((row) => row.currency === currency);
  const sales = summary.sales_today.find((row) => row.currency === currency);
  const { today, month } = churn;
  const hour = carts.last_hour;
  const sum = (/** @type {'opened_today' | 'resolved_today' | 'backlog'} */ name) =>
    contacts.reduce((total, row) => total + row[name], 0);
  const mentions = summary.mentions_today.reduce((total, row) => total + row.mentions, 0);
  const negative = summary.mentions_today.find(({ sentiment }) => sentiment === 'negative')?.mentions ?? 0;
  const texts = [
    [format.money(recurring?.mrr ?? '0', currency), `ARPA ${format.money(recurring?.arpa, currency)}`],
    [
      format.count(summary.customers),
      `${format.signed(today.customers_new + today.customers_reactivated)} today, all currencies`,
    ],
    [format.count(today.customers_lost), `${format.percent(month.churn_rate, 2)} churn this month`],
    [
      format.count(today.cancellations_scheduled),
      `${format.count(month.cancellations_scheduled)} this month`,
    ],
    [
      format.percent(hour.outcome_abandonment_rate),
      `abandoned of what happened, ${format.count(hour.created)} created`,
    ],
    [format.count(sum('opened_today')), `${format.count(sum('backlog'))} cases open now`],
    [format.count(mentions), `${format.count(negative)} of them negative`],
    [
      format.money(sales?.revenue ?? '0', currency),
      `${format.count(sales?.purchases ?? 0)} purchases, ${currency}`,
    ],
  ];
  return labels.map((label, index) => ({
    label,
    figure: texts[index]?.[0] ?? '',
    aside: texts[index]?.[1] ?? '',
  }));
}
