// @ts-check
/** The strip of figures that are live: from the counters, so without ClickHouse. */
import { h } from '/vendor/preact.js';
import { useContext } from '/vendor/preact-hooks.js';
import { isFiltered, unfilteredWords } from '../lib/filter.js';
import * as format from '../lib/format.js';
import { Catalogue } from './catalogue.js';
import { Unfiltered } from './message.js';

/**
 * @import { Summary } from '../../summary.ts'
 * @import { Filter } from '../lib/filter.js'
 */

/** @typedef {readonly [label: keyof typeof measures, figure: string, aside: string]} Cell */

/** Each with what it is in the catalogue. */
const measures = /** @type {const} */ ({
  'MRR now': { view: 'mrr_daily', measure: 'mrr' },
  'Customers now': { view: 'churn_daily', measure: 'customers_at_end' },
  'Lost today': { view: 'churn_daily', measure: 'customers_lost' },
  'Cancellations scheduled': { view: 'cancellations_daily', measure: 'scheduled' },
  'Abandoned, last hour': { view: 'cart_outcomes_hourly', measure: 'abandoned' },
  'Contacts today': { view: 'contact_volume_daily', measure: 'opened' },
  'Mentions today': { view: 'mentions_daily', measure: 'mentions' },
  'Sales today': { view: 'sales_daily', measure: 'revenue' },
});
const labels = /** @type {readonly (keyof typeof measures)[]} */ (Object.keys(measures));

/**
 * @param {{ summary: Summary | undefined, currency: string, filter: Filter, isStill: boolean }} props `isStill`: nothing new comes in
 */
export function Figures({ summary, currency, filter, isStill }) {
  const { open } = useContext(Catalogue);
  const cells = summary === undefined ? labels.map(waiting) : cellsOf(summary, currency);
  return h(
    'section',
    { id: 'now', class: 'now', 'aria-labelledby': 'now-title' },
    h('h2', { id: 'now-title', class: 'hidden' }, 'Now'),
    isFiltered(filter) && h(Unfiltered, null, unfilteredWords(filter)),
    h(
      'dl',
      {
        id: 'figures',
        class: 'figures',
        'aria-busy': summary === undefined,
        'data-stale': isStill ? '' : undefined,
      },
      cells.map(([label, figure, aside]) =>
        h(
          'div',
          { key: label },
          h(
            'dt',
            null,
            h(
              'button',
              {
                type: 'button',
                class: 'label',
                'aria-label': `Definition: ${label}`,
                onClick: () => open({ view: measures[label] }),
              },
              label,
            ),
          ),
          h('dd', null, h('span', { class: 'figure' }, figure), h('span', { class: 'aside' }, aside)),
        ),
      ),
    ),
  );
}

/**
 * @param {keyof typeof measures} label
 * @returns {Cell}
 */
function waiting(label) {
  return [label, '–', 'waiting for the counters'];
}

/**
 * @param {Summary} summary
 * @param {string} currency
 * @returns {readonly Cell[]}
 */
function cellsOf(summary, currency) {
  const { today, month } = summary.churn;
  const recurring = summary.recurring.find((row) => row.currency === currency);
  const sales = summary.sales_today.find((row) => row.currency === currency);
  const hour = summary.carts.last_hour;
  const contacts = (/** @type {'opened_today' | 'backlog'} */ name) =>
    summary.contacts.reduce((total, row) => total + row[name], 0);
  const mentions = summary.mentions_today.reduce((total, row) => total + row.mentions, 0);
  const negative = summary.mentions_today.find(({ sentiment }) => sentiment === 'negative')?.mentions ?? 0;
  const texts = [
    [format.money(recurring?.mrr ?? '0', currency), `ARPA ${format.money(recurring?.arpa, currency)}`],
    [
      format.count(summary.customers),
      `${format.signed(today.customers_new + today.customers_reactivated)} today, all currencies`,
    ],
    [format.count(today.customers_lost), `${churnWords(month.churn_rate)} churn this month`],
    [
      format.count(today.cancellations_scheduled),
      `today, ${format.count(month.cancellations_scheduled)} this month`,
    ],
    [
      format.percent(hour.outcome_abandonment_rate),
      `of ${format.count(hour.converted + hour.abandoned)} cart outcomes`,
    ],
    [format.count(contacts('opened_today')), `${format.count(contacts('backlog'))} cases open now`],
    [format.count(mentions), `${format.count(negative)} of them negative`],
    [
      format.money(sales?.revenue ?? '0', currency),
      `${format.count(sales?.purchases ?? 0)} purchases, ${currency}`,
    ],
  ];
  return labels.map((label, index) => [label, texts[index]?.[0] ?? '', texts[index]?.[1] ?? '']);
}

/**
 * With three digits that count: there is room for no more.
 *
 * @param {number | null} rate
 */
function churnWords(rate) {
  return format.percent(rate, rate !== null && rate >= 0.1 ? 1 : 2);
}
