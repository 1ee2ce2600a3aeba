import type { Delivery } from './deliver/outbox.ts';
import { AlertBook, type Change, type LifeRules } from './life/alert-book.ts';

/** The compacted topic of the alerts' state: one partition, written by one instance at a time. */
export const alertsTopic = 'alerts';
/** What people ask of the alerts: acknowledgements, silences. Any instance writes, the leading one carries out. */
export const commandsTopic = 'alert-commands';

/** An entry of the state that changed; `null` when it is gone. */
export type StateChange =
  | Change
  | { readonly type: 'delivery'; readonly id: string; readonly value: Delivery | null };

/** Everything that survives a restart. */
export class AlertState {
  readonly alerts: AlertBook;
  readonly deliveries = new Map<string, Delivery>();

  constructor(rules: readonly LifeRules[]) {
    this.alerts = new AlertBook(rules);
  }

  /** Takes in a record of the topic. */
  apply(change: StateChange): void {
    if (change.type !== 'delivery') this.alerts.restore(change);
    else if (change.value === null) this.deliveries.delete(change.id);
    else this.deliveries.set(change.id, change.value);
  }
}

const types = new Set(['episode', 'incident', 'silence', 'delivery']);

/** A change as a record: its key is `<type>|<id>`, its value JSON, none when it is gone. */
export function encodeChange({ type, id, value }: StateChange): { key: Buffer; value: Buffer | null } {
  return {
    key: Buffer.from(`${type}|${id}`),
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
  };
}

/** @returns The change, or `undefined` for a type that a newer version has written. */
export function decodeChange(record: {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}): StateChange | undefined {
  const key = record.key?.toString() ?? '';
  const type = key.slice(0, key.indexOf('|'));
  if (!types.has(type)) return undefined;
  const value: unknown = record.value === null ? null : JSON.parse(record.value.toString());
  return { type, id: key.slice(type.length + 1), value } as StateChange;
}
