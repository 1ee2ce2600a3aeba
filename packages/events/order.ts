/** What the order of events goes by; `derived_from` is of carts alone. */
export type Ordered = {
  readonly occurred_at: number;
  readonly sequence: number;
  readonly event_id: string;
  readonly derived_from?: string | null;
  readonly customer_id?: string | null;
};

/** A UTF-16 unit as a number that sorts as its code point does: surrogates stand for code points above U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * Orders two strings by Unicode code points (rule 33), which `<` does not do: it compares UTF-16 units.
 *
 * @returns below 0, 0 or above 0.
 */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/**
 * Orders the events of one entity: by `occurred_at`; derived events after published ones (rule 19); by `sequence`;
 * by `event_id` in code points.
 *
 * @returns below 0 when `a` comes first, above 0 when `b` does, 0 when they are equal.
 */
export function compareEvents(a: Ordered, b: Ordered): number {
  if (a.occurred_at !== b.occurred_at) return a.occurred_at - b.occurred_at;
  const derivedA = typeof a.derived_from === 'string';
  const derivedB = typeof b.derived_from === 'string';
  if (derivedA !== derivedB) return derivedA ? 1 : -1;
  if (a.sequence !== b.sequence) return a.sequence - b.sequence;
  const byId = compareCodePoints(a.event_id, b.event_id);
  // Ids are unique within the entity an event was published for: what is derived from two customers may share one.
  return byId === 0 && derivedA ? compareCodePoints(a.customer_id ?? '', b.customer_id ?? '') : byId;
}
