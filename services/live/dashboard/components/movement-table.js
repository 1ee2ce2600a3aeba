// @ts-check
import { h } from '/vendor/preact.js';
import * as format from '../lib/format.js';
import { linkButton, numeric } from '../panels/spec.js';
import { TableOf } from './table.js';

/** @import { MovementRow } from '../../history-rows.ts' */

/**
 * Movements, a row each.
 *
 * @param {{ rows: readonly MovementRow[], zone: string, openCustomer?: (id: string) => void }} props without `openCustomer` they
 *   are of one customer, who is not named
 */
export function MovementTable({ rows, zone, openCustomer }) {
  return h(TableOf, {
    caption: 'Movements',
    columns: [
      ...(openCustomer ? [{ label: 'Customer' }] : []),
      { label: 'Movement' },
      ...numeric(['MRR']),
      ...[`When (${zone})`, 'Plan', 'Owner', 'Segment', 'Event'].map((label) => ({ label })),
    ],
    rows: rows.map((row) => [
      ...(openCustomer ? [linkButton(row.customer_id, () => openCustomer(row.customer_id))] : []),
      row.reason === '' ? row.movement : `${row.movement}, ${row.reason}`,
      format.money(row.amount, row.currency, { isSigned: true, isExact: true }),
      format.instant(row.occurred_at, zone),
      format.words(row.plan_id || '–'),
      row.owner || '–',
      format.words(row.segment || '–'),
      row.event_id === '' ? 'the passing of time' : h('code', null, row.event_id),
    ]),
  });
}
