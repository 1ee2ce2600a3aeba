/** What was received, as a batch: rule 29. Who publishes knows all of it but the order, and that decides no sum. */
import {
  type ContractEvent,
  type Row,
  type Settings,
  grouped,
  instant,
  word,
} from '../oracle/base.oracle.ts';
import { hourOf } from '../oracle/calendar.oracle.ts';

/** A record as it came in. */
export type Receipt = {
  readonly at: number;
  readonly family: string;
  /** The field that names the event's entity in its family. */
  readonly key: string;
  /** The publishing system, empty when it cannot be read. */
  readonly source: string;
  /** Null when it cannot be read. */
  readonly event: ContractEvent | null;
  readonly deadLettered: boolean;
};

const hourMs = 3_600_000;

/** Names an event as its family does: by entity key and id. */
const named = ({ family, key, event }: Receipt, id: string): string =>
  JSON.stringify([family, event === null ? '' : word(event, key), id]);

/** Receipts, in the order of receipt, each with what it is counted as beside received. */
function judged(receipts: readonly Receipt[]) {
  const ids = new Set<string>();
  const events = new Set<string>();
  const voids = new Set<string>();
  return receipts.map((receipt) => {
    const { at, event, deadLettered } = receipt;
    const late = event !== null && at - instant(event.occurred_at) > hourMs;
    if (event === null || deadLettered) return { receipt, late, duplicate: false, voided: false };
    const name = named(receipt, event.event_id);
    const duplicate = ids.has(name);
    ids.add(name);
    // A void cannot be voided, so it is no event here.
    const isVoid = event.type.endsWith('.voided');
    const [mine, others] = isVoid ? [voids, events] : [events, voids];
    const target = isVoid ? named(receipt, word(event, 'voids')) : name;
    // The second void of an event takes nothing back.
    const voided = !duplicate && !mine.has(target) && others.has(target);
    if (!duplicate) mine.add(target);
    return { receipt, late, duplicate, voided };
  });
}

/**
 * What was received, hour by hour, per family and source. A voided event counts where the later of the two
 * came in, itself or its void.
 *
 * @param receipts In the order of receipt.
 */
export function auditView(receipts: readonly Receipt[], { zone }: Pick<Settings, 'zone'>): Row[] {
  const groups = grouped(judged(receipts), ({ receipt: { at, family, source } }) =>
    JSON.stringify([hourOf(at, zone), family, source]),
  );
  return [...groups].map(([group, some]) => {
    const [hour = '', family = '', source = ''] = JSON.parse(group) as string[];
    return {
      hour,
      family,
      source,
      received: some.length,
      duplicates: some.filter(({ duplicate }) => duplicate).length,
      voided: some.filter(({ voided }) => voided).length,
      late: some.filter(({ late }) => late).length,
      dead_lettered: some.filter(({ receipt }) => receipt.deadLettered).length,
    };
  });
}
