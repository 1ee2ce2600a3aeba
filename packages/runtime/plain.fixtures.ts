/**
 * A state as plain JSON: bigints, maps, infinities and what is undefined become objects with one key that no state has.
 */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value === undefined) return { $undefined: true };
  if (value === Infinity || value === -Infinity) return { $infinity: value > 0 };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return { $map: [...value].map(plain) };
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

/** The inverse of `plain`. */
export function fromPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromPlain);
  const entries = Object.entries(value);
  const [key, inner] = entries[0] ?? [];
  switch (key) {
    case '$bigint':
      return BigInt(inner as string);
    case '$undefined':
      return undefined;
    case '$infinity':
      return inner === true ? Infinity : -Infinity;
    case '$map':
      return new Map(fromPlain(inner) as [unknown, unknown][]);
    default:
      return Object.fromEntries(entries.map(([name, one]) => [name, fromPlain(one)]));
  }
}
