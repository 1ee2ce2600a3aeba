// @ts-check
import { h } from '/vendor/preact.js';
import { TableOf } from '../components/table.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { amount, numeric, overPeriod } from './spec.js';

/**
 * @import { ChannelRow } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

const columns = ['Opened', 'Resolved', 'Open', 'Resolution', 'First resolution', 'On first contact'];

/** @type {PanelSpec<{ channels: readonly ChannelRow[] }>} */
export const contacts = {
  id: 'contacts',
  title: 'Contacts by channel',
  aside: 'resolution: mean from opening to the final resolution',
  measure: 'contact_volume_daily.opened',
  span: 7,
  load: overPeriod('contacts', ['channels']),
  rowsOf: ({ channels }) => channels,
  isEmpty: ({ channels }) => channels.length === 0,
  empty: 'No contacts in this period.',
  headline({ channels }, view) {
    const sum = (/** @type {'opened' | 'opened_before' | 'backlog' | 'resolved'} */ name) =>
      channels.reduce((total, row) => total + (row[name] ?? 0), 0);
    return {
      figure: format.count(sum('opened')),
      delta: format.change(sum('opened'), sum('opened_before'), { better: 'down' }),
      against: `on ${beforeWords(view)}`,
      facts: [
        'opened',
        amount(format.count(sum('resolved')), 'resolved'),
        amount(format.count(sum('backlog')), 'open at the end'),
      ],
    };
  },
  draw({ channels }) {
    const most = Math.max(1, ...channels.map(({ opened }) => opened));
    return h(TableOf, {
      caption: 'Contacts by channel',
      columns: [{ label: 'Channel' }, ...numeric(columns)],
      rows: channels.map((row) => [
        format.words(row.channel),
        h('span', null, format.count(row.opened), h(Meter, { share: row.opened / most })),
        format.count(row.resolved),
        format.count(row.backlog),
        h(
          'span',
          null,
          format.duration(row.average_resolution_seconds),
          row.average_resolution_working_seconds !== null &&
            h('small', null, ` ${format.duration(row.average_resolution_working_seconds)} in working hours`),
        ),
        format.duration(row.average_first_resolution_seconds),
        format.percent(row.fcr_rate, 0),
      ]),
    });
  },
};

/** @param {{ share: number }} props */
function Meter({ share }) {
  return h(
    'span',
    { class: 'meter', 'aria-hidden': 'true' },
    h('i', { style: { width: `${Math.round(share * 100)}%` } }),
  );
}
