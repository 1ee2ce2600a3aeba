/** Compares the counts of receipt in the views with the publishers' counts, and reads how far events are counted. */
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyFields, type Family } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { type Receipt, auditView } from '@tidemark/metrics/trust/audit.oracle';
import type { ContractEvent, Row } from '@tidemark/metrics/oracle/base.oracle';
import { canonical } from '@tidemark/metrics/index.oracle';
import type { Reading } from './reading.ts';

/** Something was received between these two, epoch milliseconds. */
export type Sent = { readonly begin: number; readonly end: number };

const hourMs = 3_600_000;
const day = 24 * hourMs;

/** The receipt of an event at about an instant. */
export function receiptOf(at: number, event: ContractEvent, deadLettered = false): Receipt {
  const family = event.type.slice(0, event.type.indexOf('.')) as Family;
  return {
    at,
    family,
    key: entityKeyFields[family],
    source: String(event['source'] ?? 'test'),
    event,
    deadLettered,
  };
}

/** A mention of a system called social. */
export const mentionOf = (name: string, occurredAt: number): ContractEvent => ({
  event_id: name,
  type: 'mention.observed',
  occurred_at: occurredAt,
  mention_id: name,
  channel: 'x',
  source: 'social',
});

/** What is set aside, with its receipts: bytes that are no event, and a mention older than mentions are kept. */
export function setAside(now: number): { readonly sends: Send[]; readonly receipts: Receipt[] } {
  const verdict = acceptJson(mentionOf('too late', now), { now, defaultSource: 'test' });
  if (!verdict.ok) throw new Error(verdict.errors[0]?.message);
  const occurred_at = now - 401 * day;
  const late = encodeEvent({ ...verdict.event, occurred_at } as Event);
  return {
    sends: [
      { topic: 'events.cart', partition: 1, records: [{ key: null, value: Buffer.from('no event') }] },
      { topic: 'events.mention', partition: 0, records: [{ key: null, value: late }] },
    ],
    receipts: [
      { at: now, family: 'cart', key: entityKeyFields.cart, source: '', event: null, deadLettered: true },
      receiptOf(now, mentionOf('too late', occurred_at), true),
    ],
  };
}

/** Rows by family and source, whatever the hour: publishing may go on from one to the next. */
function sums(rows: readonly Row[]): string[] {
  const counts = ['received', 'duplicates', 'voided', 'late', 'dead_lettered'];
  return [...Map.groupBy(rows, (row) => `${row['family']} '${row['source']}'`)]
    .map(([group, some]) => {
      const of = (count: string): number => some.reduce((sum, row) => sum + Number(row[count]), 0);
      return `${group} ${counts.map((count) => `${count} ${of(count)}`).join(', ')}`;
    })
    .toSorted();
}

/**
 * The differences between `ingest_audit_hourly` and the batch answer over everything that was ever sent, and rows of hours in
 * which nothing was sent; `''` for none.
 */
export async function auditDifferences(
  reading: Reading,
  receipts: readonly Receipt[],
  { begin, end }: Sent,
): Promise<string> {
  const rows = (await reading.view('ingest_audit_hourly')).map((row) => canonical(row));
  const [is, should] = [sums(rows), sums(auditView(receipts, { zone: 'UTC' }))];
  const faults = [
    ...should.filter((line) => !is.includes(line)).map((line) => `should be: ${line}`),
    ...is.filter((line) => !should.includes(line)).map((line) => `is: ${line}`),
  ];
  for (const { hour } of rows) {
    const at = Date.parse(String(hour));
    if (at % hourMs !== 0 || at <= begin - hourMs || at > end) faults.push(`nothing was received in ${hour}`);
  }
  return faults.join('\n');
}

/**
 * All that is wrong with `data_through`; `''` for nothing.
 *
 * @param countedFrom Everything is counted up to this instant at least.
 * @param lastSent When the last record of each family was sent.
 */
export async function freshnessDifferences(
  reading: Reading,
  countedFrom: number,
  lastSent: ReadonlyMap<string, Sent>,
): Promise<string> {
  const rows = (await reading.view('data_through')).map((row) => canonical(row));
  const now = Date.now();
  const faults = [...lastSent.keys()]
    .filter((family) => rows.every((row) => row['family'] !== family))
    .map((family) => `${family} has no row`);
  for (const { family, data_through, last_received_at } of rows) {
    const through = Date.parse(String(data_through));
    if (through < countedFrom || through > now) faults.push(`${family} is counted through ${data_through}`);
    const received = Date.parse(String(last_received_at));
    const sent = lastSent.get(String(family));
    if (sent === undefined || received < sent.begin || received > sent.end)
      faults.push(`${family} was received last at ${last_received_at}, sent ${JSON.stringify(sent)}`);
  }
  return faults.join('\n');
}
