import type { Finding, Verdict } from '../detect/finding.ts';
import type { Instant } from '../series/series-book.ts';
import type { Contributor, Episode, Incident, Severity, Silence } from './episode.ts';

/** How a rule's alerts live. Lengths in milliseconds. */
export type LifeRules = {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  /** Alerts of one group are told together. */
  readonly group: string;
  /** Found for so long, in event time, before it fires: at least a minute, so that what is netted away wakes nobody (rule 47). */
  readonly holdMs: number;
  /** Quiet for so long, in event time, before it is resolved. */
  readonly calmMs: number;
  /** Told again after so long while nobody has acknowledged it. */
  readonly repeatMs: number;
};

/** What a look at one rule brought. */
export type Observation = {
  readonly rule: LifeRules;
  readonly verdict: Verdict;
  /** Event time. */
  readonly now: Instant;
  readonly recount: (finding: Finding) => number;
  readonly explain: (finding: Finding) => {
    readonly contributors: readonly Contributor[];
    readonly customers: readonly string[];
  };
};

/** A stored entry that changed: `null` when it is gone. */
export type Change =
  | { readonly type: 'episode'; readonly id: string; readonly value: Episode | null }
  | { readonly type: 'incident'; readonly id: string; readonly value: Incident | null }
  | { readonly type: 'silence'; readonly id: string; readonly value: Silence | null };
