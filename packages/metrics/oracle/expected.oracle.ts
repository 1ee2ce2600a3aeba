/** What the expected answers are made of: all events at once, and what families share of them. */
import type { ContractEvent, Row, Settings } from './base.oracle.ts';

/** The events and settings that answers are asked for. */
export type Given = {
  readonly events: readonly ContractEvent[];
  readonly settings: Settings;
  /** What a function makes of the given, made once however many views ask for it. */
  readonly once: <T>(make: (given: Given) => T) => T;
};

/** The expected answer of a view. */
export type ExpectedView = {
  /** The columns that name a row: its period and dimensions. */
  readonly key: readonly string[];
  /** How far floats may be apart, see `Comparison`. */
  readonly tolerance?: number;
  /** The rows; their order means nothing. */
  readonly rows: (given: Given) => readonly Row[];
};

/** The expected answers of views, by name. */
export type ExpectedViews = { readonly [view: string]: ExpectedView };

/** Some events under some settings. */
export function givenOf(events: readonly ContractEvent[], settings: Settings): Given {
  const made = new Map<unknown, unknown>();
  const given: Given = {
    events,
    settings,
    once<T>(make: (it: Given) => T): T {
      if (!made.has(make)) made.set(make, make(given));
      return made.get(make) as T;
    },
  };
  return given;
}
