// @ts-check
import { barChart, funnel } from './chart-bars.js';
import { colour, h, styled, tableOf } from './dom.js';
import * as format from './format.js';
import { overPeriod, periodTable } from './panel.js';
import { beforeWords } from './period.js';

/**
 * @import { CartsRow, CartsTotal, CartValue, ChannelRow, ContactsRow, Grain, History, MentionsRow, MentionsTotal, NpsRow } from '../history-rows.ts'
 * @import { PanelSpec } from './panel.js'
 */

/** @type {PanelSpec<History<CartsRow, CartsTotal> & { value: CartValue | null }>} */
export const carts = {
  id: 'carts',
  title: 'Carts',
  aside: 'by the day they were filled',
  span: 4,
  load: overPeriod('carts'),
  isEmpty: ({ total }) => total === null,
  empty: 'No carts in this period.',
  headline({ total, before, value }, view) {
    return {
      figure: format.percent(total?.abandonment_rate),
      delta: format.change(total?.abandonment_rate, before?.abandonment_rate, {
        better: 'down',
        in: 'points',
      }),
      against: `on ${beforeWords(view)}`,
      facts: [
        'abandoned of carts created',
        h('span', {}, h('b', {}, format.money(value?.abandoned_value, view.currency)), ' left in them'),
      ],
    };
  },
  describe: ({ total }) =>
    `Of ${format.count(total?.carts)} carts, ${format.count(total?.converted)} were checked out, ${format.count(total?.recovered)} of them after having been abandoned; ${format.count(total?.abandoned)} are abandoned, ${format.count(total?.open)} open.`,
  legend: () => [
    { label: 'Checked out at once', colour: colour('good') },
    { label: 'Recovered', colour: colour('good-3') },
    { label: 'Abandoned', colour: colour('bad-2') },
  ],
  draw: (box, { total }) => {
    const { carts: all, converted, recovered, abandoned, open } = /** @type {CartsTotal} */ (total);
    const text = (/** @type {number} */ value) =>
      `${format.count(value)}   ${format.percent(value / all, 0)}`;
    const stage = (/** @type {string} */ label, /** @type {number} */ value, /** @type {string} */ name) => ({
      label,
      parts: [
        { label, value, colour: colour(name) },
        { label: '', value: 0, colour: 'transparent' },
      ],
      text: text(value),
    });
    return funnel(box, {
      stages: [
        { ...stage('Filled', all, 'mute'), text: format.count(all) },
        {
          label: 'Checked out',
          parts: [
            { label: 'at once', value: converted - recovered, colour: colour('good') },
            { label: 'recovered', value: recovered, colour: colour('good-3') },
          ],
          text: text(converted),
        },
        stage('Abandoned', abandoned, 'bad-2'),
        stage('Still open', open, 'mute-2'),
      ],
      height: 168,
    });
  },
  table: (history) =>
    periodTable('Carts by period', history, {
      Filled: (row) => format.count(row.carts),
      'Checked out': (row) => format.count(row.converted),
      Recovered: (row) => format.count(row.recovered),
      Abandoned: (row) => format.count(row.abandoned),
      Open: (row) => format.count(row.open),
      Rate: (row) => format.percent(row.abandonment_rate),
    }),
};

/** @type {PanelSpec<{ touchpoints: readonly NpsRow[] }>} */
export const nps = {
  id: 'nps',
  title: 'Net promoter score',
  aside: 'by touchpoint, −100 to 100',
  span: 4,
  load: overPeriod('nps'),
  isEmpty: ({ touchpoints }) => touchpoints.length === 0,
  empty: 'Nobody was asked in this period.',
  legend: () => [
    { label: 'Promoters', colour: colour('good') },
    { label: 'Passives', colour: colour('mute-2') },
    { label: 'Detractors', colour: colour('bad') },
  ],
  headline({ touchpoints }, view) {
    const [first] = touchpoints;
    return {
      figure: format.signed(first?.nps, 0),
      delta: format.change(first?.nps, first?.nps_before, { better: 'up', in: 'units', unit: 'points' }),
      against: `on ${beforeWords(view)}`,
      facts: [format.words(first?.touchpoint ?? '')],
    };
  },
  draw(box, { touchpoints }) {
    box.append(
      ...touchpoints.slice(0, 5).map((row) => {
        const shares = /** @type {const} */ (['promoters', 'passives', 'detractors']).map((name, index) => ({
          name,
          count: row[name],
          colour: colour(/** @type {string} */ (['good', 'mute-2', 'bad'][index])),
        }));
        const label = shares.map(({ name, count }) => `${format.count(count)} ${name}`).join(', ');
        return h(
          'div',
          { class: 'touchpoint' },
          h(
            'p',
            {},
            h('b', {}, format.words(row.touchpoint)),
            h('span', {}, `${format.count(row.responses)} answers, ${format.signed(row.nps, 1)}`),
          ),
          h(
            'div',
            { class: 'split', role: 'img', 'aria-label': label },
            shares
              .filter(({ count }) => count > 0)
              .map(({ count, colour: background }) => styled('i', { background, flex: String(count) })),
          ),
          h('p', {}, h('span', {}, ''), h('span', {}, label)),
        );
      }),
    );
  },
  table: ({ touchpoints }) => ({
    caption: 'Net promoter score by touchpoint',
    columns: [
      { label: 'Touchpoint' },
      ...['Answers', 'Promoters', 'Passives', 'Detractors', 'NPS'].map((label) => ({
        label,
        isNumber: true,
      })),
    ],
    rows: touchpoints.map((row) => [
      format.words(row.touchpoint),
      format.count(row.responses),
      format.count(row.promoters),
      format.count(row.passives),
      format.count(row.detractors),
      format.signed(row.nps, 1),
    ]),
  }),
};

/** @typedef {{ grain: Grain, rows: readonly ContactsRow[], channels: readonly ChannelRow[] }} Contacts */

/** @type {PanelSpec<Contacts>} */
export const contacts = {
  id: 'contacts',
  title: 'Contacts by channel',
  aside: 'resolution: mean from opening to the final resolution',
  span: 7,
  load: overPeriod('contacts'),
  isEmpty: ({ channels }) => channels.length === 0,
  empty: 'No contacts in this period.',
  headline({ channels }, view) {
    const sum = (/** @type {'opened' | 'opened_before' | 'backlog' | 'resolved'} */ name) =>
      channels.reduce((total, row) => total + (row[name] ?? 0), 0);
    return {
      figure: format.count(sum('opened')),
      delta: format.change(sum('opened'), sum('opened_before'), { better: 'down' }),
      against: `on ${beforeWords(view)}`,
      facts: ['opened', fact(sum('resolved'), 'resolved'), fact(sum('backlog'), 'open at the end')],
    };
  },
  draw(box, { channels }) {
    const most = Math.max(1, ...channels.map(({ opened }) => opened));
    const bar = (/** @type {number} */ opened) => h('span', {}, format.count(opened), meter(opened / most));
    box.append(
      tableOf({
        caption: 'Contacts by channel',
        columns: [
          { label: 'Channel' },
          ...['Opened', 'Resolved', 'Open', 'Resolution', 'First resolution', 'On first contact'].map(
            (label) => ({
              label,
              isNumber: true,
            }),
          ),
        ],
        rows: channels.map((row) => [
          format.words(row.channel),
          bar(row.opened),
          format.count(row.resolved),
          format.count(row.backlog),
          format.duration(row.average_resolution_seconds),
          format.duration(row.average_first_resolution_seconds),
          format.percent(row.fcr_rate, 0),
        ]),
      }),
    );
  },
};

/**
 * @param {number} value
 * @param {string} label
 */
function fact(value, label) {
  return h('span', {}, h('b', {}, format.count(value)), ` ${label}`);
}

/** @param {number} share */
function meter(share) {
  const box = h('span', { class: 'meter', 'aria-hidden': 'true' });
  box.append(styled('i', { width: `${Math.round(share * 100)}%` }));
  return box;
}

/** @type {readonly { name: 'positive' | 'neutral' | 'unknown' | 'negative', label: string, colour: string }[]} */
const sentiments = [
  { name: 'positive', label: 'Positive', colour: 'good' },
  { name: 'neutral', label: 'Neutral', colour: 'mute' },
  { name: 'unknown', label: 'Unknown', colour: 'mute-2' },
  { name: 'negative', label: 'Negative', colour: 'bad' },
];

/** @type {PanelSpec<History<MentionsRow, MentionsTotal>>} */
export const mentions = {
  id: 'mentions',
  title: 'Mentions by sentiment',
  aside: 'net: (positive − negative) ÷ all',
  span: 5,
  load: overPeriod('mentions'),
  isEmpty: ({ total }) => total === null,
  empty: 'Nobody spoke of the brand in this period.',
  headline({ total, before }, view) {
    return {
      figure: `${format.signed((total?.net_sentiment ?? 0) * 100, 0)} % net`,
      delta: format.change(total?.net_sentiment, before?.net_sentiment, { better: 'up', in: 'points' }),
      against: `on ${beforeWords(view)}`,
      facts: [fact(total?.mentions ?? 0, 'mentions'), fact(total?.negative ?? 0, 'negative')],
    };
  },
  describe: ({ total }) =>
    sentiments.map(({ name, label }) => `${label} ${format.count(total?.[name])}`).join(', '),
  legend: () => sentiments.map(({ label, colour: name }) => ({ label, colour: colour(name) })),
  draw: (box, { rows, grain }) =>
    barChart(box, {
      periods: rows.map(({ period }) => period),
      grain,
      series: sentiments.map(({ name, label, colour: fill }) => ({
        label,
        colour: colour(fill),
        values: rows.map((row) => row[name]),
      })),
      height: 262,
      axis: (value) => format.count(value),
      exact: (value) => format.count(value),
    }),
  table: (history) =>
    periodTable('Mentions by period', history, {
      Mentions: (row) => format.count(row.mentions),
      Positive: (row) => format.count(row.positive),
      Neutral: (row) => format.count(row.neutral),
      Unknown: (row) => format.count(row.unknown),
      Negative: (row) => format.count(row.negative),
      Net: (row) => format.percent(row.net_sentiment, 0),
      Reach: (row) => format.count(row.reach),
    }),
};
