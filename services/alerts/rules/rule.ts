import type { Family } from '@tidemark/events/families';
import type { LifecycleRule } from '../lifecycle/alert-store.ts';
import type { AmountOptions } from '../detect/amount.ts';
import type { LevelDropOptions, ScoreDropOptions } from '../detect/drop.ts';
import type { SilenceOptions } from '../detect/silence.ts';
import type { SpikeOptions } from '../detect/spike.ts';
import type { ThresholdOptions } from '../detect/threshold.ts';
import type { Receiver } from '../receivers/receiver.ts';

/** What a rule looks for, by kind. */
export type Search =
  | ({ readonly kind: 'spike' } & SpikeOptions)
  | ({ readonly kind: 'amount' } & AmountOptions)
  | ({ readonly kind: 'score_drop' } & ScoreDropOptions)
  | ({ readonly kind: 'level_drop' } & LevelDropOptions)
  | ({ readonly kind: 'threshold' } & ThresholdOptions)
  | ({ readonly kind: 'silence' } & SilenceOptions)
  /** The pipeline is further behind the present than this. */
  | { readonly kind: 'behind'; readonly maxDelayMs: number };

/** A rule of the rules file. */
export type Rule = LifecycleRule & {
  /** Name of its runbook in `docs/runbooks/`. */
  readonly runbook: string;
  /** Families that must be counted up to the moment of the evaluation. */
  readonly families: readonly Family[];
  /** Series whose last dimension names what makes up a finding. */
  readonly contributors: readonly { readonly series: string; readonly dimensions: readonly string[] }[];
  readonly search: Search;
};

/** A rules file, parsed. */
export type RulesFile = { readonly rules: readonly Rule[]; readonly receivers: readonly Receiver[] };

/** The live series: their dimensions and the family whose events they count; none where it counts every family. */
export type KnownSeries = ReadonlyMap<
  string,
  { readonly dimensions: readonly string[]; readonly family?: Family }
>;
