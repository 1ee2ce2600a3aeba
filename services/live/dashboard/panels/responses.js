// @ts-check
import { h } from '/vendor/preact.js';
import { TableOf } from '../components/table.js';
import * as format from '../lib/format.js';
import { amount, numeric, overPeriod } from './spec.js';

/**
 * @import { ResponseRow } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

/** @type {PanelSpec<{ channels: readonly ResponseRow[] }>} */
export const responses = {
  id: 'responses',
  title: 'First response',
  aside: 'of the cases opened',
  measure: 'contact_response_daily.average_first_response_seconds',
  span: 5,
  load: overPeriod('responses', ['channels']),
  rowsOf: ({ channels }) => channels,
  isEmpty: ({ channels }) => channels.length === 0,
  empty: 'No case was opened in this period.',
  headline: ({ channels }) => ({
    figure: format.duration(meanOf(channels)),
    facts: [
      'on average',
      amount(format.count(sum(channels, 'responded')), `of ${format.count(sum(channels, 'cases'))} answered`),
      amount(format.count(sum(channels, 'unanswered')), 'still wait'),
    ],
  }),
  draw({ channels }) {
    const hasHours = channels.some((row) => row.average_first_response_working_seconds !== null);
    const labels = ['Cases', 'Waiting', 'First response', ...(hasHours ? ['In working hours'] : [])];
    return h(TableOf, {
      caption: 'First response by channel',
      columns: [{ label: 'Channel' }, ...numeric(labels)],
      rows: channels.map((row) => [
        format.words(row.channel),
        format.count(row.cases),
        format.count(row.unanswered),
        format.duration(row.average_first_response_seconds),
        ...(hasHours ? [format.duration(row.average_first_response_working_seconds)] : []),
      ]),
    });
  },
};

/**
 * @param {readonly ResponseRow[]} channels
 * @param {'cases' | 'responded' | 'unanswered'} name
 */
function sum(channels, name) {
  return channels.reduce((total, row) => total + row[name], 0);
}

/** @param {readonly ResponseRow[]} channels */
function meanOf(channels) {
  const seconds = channels.reduce(
    (total, row) => total + (row.average_first_response_seconds ?? 0) * row.responded,
    0,
  );
  const responded = sum(channels, 'responded');
  return responded === 0 ? null : seconds / responded;
}
