/** Purchases and carts as the oracle counts them: it works from the contract's words alone, and shares no code with the pipeline. */
import { carts } from '../../packages/metrics/cart/expected.oracle.ts';
import { type ContractEvent, settingsAt } from '@tidemark/metrics/oracle/base.oracle';
import { givenOf } from '../../packages/metrics/oracle/expected.oracle.ts';
import { decimal } from '../../packages/metrics/oracle/money.oracle.ts';
import { purchases } from '../../packages/metrics/purchase/purchase.oracle.ts';
import type { Rows } from './clickhouse.ts';

/** Each purchase, refund and outcome of a cart, and how often it is there. */
export function byOracle(events: readonly ContractEvent[], now: number, cartAbandonAfterMs: number): Rows {
  const given = givenOf(events, settingsAt(now, { cartAbandonAfterMs }));
  const lines = [
    ...purchases(given).flatMap(({ at, customer, id, amount, place, refunds }) => [
      `sale ${at} ${customer} ${id} ${decimal(amount)} ${place === 0}`,
      ...refunds
        .filter((refund) => refund.amount > 0n && refund.at < now)
        .map((refund) => `refund ${refund.at} ${id} ${decimal(refund.amount)}`),
    ]),
    ...carts(given).flatMap(({ createdAt, abandonedAt, checkedOutAt }) => [
      `created ${createdAt}`,
      ...abandonedAt.map((at) => `abandoned ${at}`),
      ...(checkedOutAt === null
        ? []
        : [`${abandonedAt.length > 0 ? 'recovered' : 'converted'} ${checkedOutAt}`]),
    ]),
  ];
  return added(lines.map((line) => [line, 1]));
}

/** The same of what is in a table: rows as `rowOf` makes them, and how often each is there. */
export function inTables(rows: Rows, before: number): Rows {
  const lines = [...rows].flatMap(([row, times]): [string, number][] => {
    const kind = row.slice(0, row.indexOf(' '));
    if (kind !== 'sale' && kind !== 'refund' && kind !== 'cart_outcome') return [];
    const fact = JSON.parse(row.slice(kind.length)) as Record<string, string | number>;
    if (Number(fact['at']) >= before) return [];
    switch (kind) {
      case 'sale': {
        const { at, customer_id, purchase_id, amount, first_purchase } = fact;
        return [[`sale ${at} ${customer_id} ${purchase_id} ${amount} ${first_purchase === 1}`, times]];
      }
      case 'refund':
        return [[`refund ${fact['at']} ${fact['purchase_id']} ${fact['amount']}`, times]];
      case 'cart_outcome':
        return fact['outcome'] === 'reopened' ? [] : [[`${fact['outcome']} ${fact['at']}`, times]];
    }
  });
  return added(lines);
}

function added(lines: readonly (readonly [string, number])[]): Rows {
  const rows: Rows = new Map();
  for (const [line, times] of lines) rows.set(line, (rows.get(line) ?? 0) + times);
  return rows;
}
