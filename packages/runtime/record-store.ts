import { StateError } from './state-error.ts';

/** Where a task keeps what does not fit its cache: what was published last under an id, committed or under way. */
export type Store = {
  readonly get: (id: string) => Uint8Array | undefined;
};

/** A record to store under a key, in the changelog or in the counters; `null` deletes what is stored there. */
export type KeyedRecord = { readonly id: string; readonly value: Uint8Array | null };

/**
 * A record that another one names.
 *
 * @throws StateError when it is missing.
 */
export function needed(store: Store, id: string): Uint8Array {
  const value = store.get(id);
  if (value === undefined) throw new StateError('damaged', `the record ${JSON.stringify(id)} is missing`);
  return value;
}
