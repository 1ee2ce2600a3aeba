// @ts-check
import { h } from '/vendor/preact.js';
import { TableOf } from '../components/table.js';
import * as format from '../lib/format.js';
import { amount, numeric, overPeriod } from './spec.js';

/**
 * @import { InvitationsRow } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

/** @type {PanelSpec<{ invitations: readonly InvitationsRow[] }>} */
export const invitations = {
  id: 'invitations',
  title: 'Survey responses',
  aside: 'by the day of the invitation',
  measure: 'survey_response_daily.response_rate',
  span: 7,
  load: overPeriod('invitations', ['invitations']),
  rowsOf: (answer) => answer.invitations,
  isEmpty: (answer) => answer.invitations.length === 0,
  empty: 'No invitation was sent in this period.',
  headline({ invitations: rows }) {
    const sum = (/** @type {'sent' | 'answered' | 'dismissed'} */ name) =>
      rows.reduce((total, row) => total + row[name], 0);
    return {
      figure: format.percent(sum('answered') / sum('sent')),
      facts: [
        'answered',
        amount(format.count(sum('sent')), 'invitations'),
        amount(format.count(sum('dismissed')), 'turned down'),
      ],
    };
  },
  draw: ({ invitations: rows }) =>
    h(TableOf, {
      caption: 'Survey responses by instrument and touchpoint',
      columns: [
        { label: 'Instrument' },
        { label: 'Touchpoint' },
        ...numeric(['Sent', 'Answered', 'Turned down', 'Rate', 'Before']),
      ],
      rows: rows.map((row) => [
        row.instrument.length > 4 ? format.words(row.instrument) : row.instrument.toUpperCase(),
        format.words(row.touchpoint),
        format.count(row.sent),
        format.count(row.answered),
        format.count(row.dismissed),
        format.percent(row.response_rate),
        format.percent(row.response_rate_before),
      ]),
    }),
};
