/** A map that never changes: every layer hides what those after it say of the same key. */
export type LayeredMap<Value> = readonly ReadonlyMap<string, Value>[];

/** The value of a key, `undefined` when there is none. */
export function valueOf<Value>(map: LayeredMap<Value>, key: string): Value | undefined {
  for (const layer of map) {
    const value = layer.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * The map with one key set. Each layer is at least twice as large as the one before. So setting a key costs O(log n) on average,
 * and the new map shares the other layers. With copies the history of a customer with n purchases would cost n².
 */
export function withValue<Value>(map: LayeredMap<Value>, key: string, value: Value): LayeredMap<Value> {
  let merged = 1;
  let count = 0;
  for (const layer of map) {
    if (layer.size >= 2 * merged) break;
    merged += layer.size;
    count++;
  }
  const top = new Map<string, Value>();
  for (let index = count - 1; index >= 0; index--) for (const [old, was] of map[index]!) top.set(old, was);
  top.set(key, value);
  return [top, ...map.slice(count)];
}
