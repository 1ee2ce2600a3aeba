import type { Delivery } from './deliver/outbox.ts';
import { AlertStore, type Change, type LifecycleRule } from './lifecycle/alert-store.ts';

/** An entry of the state that changed; `null` when it was deleted. */
export type StateChange =
  | Change
  | { readonly type: 'delivery'; readonly id: string; readonly value: Delivery | null };

/** Everything that survives a restart. */
export class AlertState {
  readonly store: AlertStore;
  readonly deliveries = new Map<string, Delivery>();

  constructor(rules: readonly LifecycleRule[]) {
    this.store = new AlertStore(rules);
  }

  /** Applies a record of the topic. */
  apply(change: StateChange): void {
    if (change.type !== 'delivery') this.store.restore(change);
    else if (change.value === null) this.deliveries.delete(change.id);
    else this.deliveries.set(change.id, change.value);
  }
}

const types = new Set(['alert', 'incident', 'silence', 'delivery']);

/** A change as a record: its key is `<type>|<id>`, its value is JSON, or none when the entry was deleted. */
export function encodeChange({ type, id, value }: StateChange): { key: Buffer; value: Buffer | null } {
  return {
    key: Buffer.from(`${type}|${id}`),
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
  };
}

/** @returns The change, or `undefined` for a type that only a newer version knows. */
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
