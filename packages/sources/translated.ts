/** A JSON object of which nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * What one delivery of a source says, as events in the form of `POST /v1/events`. It depends on the delivery alone, so that
 * order, repetition and delay of deliveries do not matter.
 */
export type Translated = {
  readonly events: readonly Json[];
  /** Why parts of the delivery, or all of it, give no event. Few different texts: a metric counts them. */
  readonly passedOver: readonly string[];
  /** What makes it unreadable, in a sentence; there are no events then. */
  readonly fault?: string;
};

/** The delivery gives no event. */
export function nothing(reason: string): Translated {
  return { events: [], passedOver: [reason] };
}

/** The delivery is not what its source documents. */
export function unreadable(fault: string): Translated {
  return { events: [], passedOver: [], fault };
}

/** The value as an object; `undefined` when it is none. */
export function objectIn(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The value as a text that is not empty. Ids may come as numbers; `undefined` for all else. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** The value as a whole number; `undefined` when it is none. */
export function integerIn(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** The objects of a list; none when it is no list. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectIn).filter((one) => one !== undefined) : [];
}

/** The event without the fields that are `undefined`. */
export function present(event: Json): Json {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
}

/** Milliseconds since the epoch of a time with an offset, finer parts cut off; `undefined` for all else. */
export function timeOf(value: unknown): number | undefined {
  const at =
    typeof value === 'string' && /(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
