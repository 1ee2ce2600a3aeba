import type { Family } from '@tidemark/events/families';
import type { LifeRules } from '../life/alert-book.ts';
import type { AmountOptions } from '../detect/amount.ts';
import type { LevelDropOptions, ScoreDropOptions } from '../detect/drop.ts';
import type { SilenceOptions } from '../detect/silence.ts';
import type { SpikeOptions } from '../detect/spike.ts';
import type { ThresholdOptions } from '../detect/threshold.ts';
import type { Severity } from '../life/episode.ts';

/** What a rule looks for. */
export type Search =
  | ({ readonly kind: 'spike' } & SpikeOptions)
  | ({ readonly kind: 'amount' } & AmountOptions)
  | ({ readonly kind: 'score_drop' } & ScoreDropOptions)
  | ({ readonly kind: 'level_drop' } & LevelDropOptions)
  | ({ readonly kind: 'threshold' } & ThresholdOptions)
  | ({ readonly kind: 'silence' } & SilenceOptions)
  /** The pipeline has not counted up to the present for so long. */
  | { readonly kind: 'behind'; readonly thanMs: number };

/** A rule as it works. */
export type Rule = LifeRules & {
  /** Name of its page in `docs/runbooks/`. */
  readonly runbook: string;
  /** Families that must have been counted up to the moment it looks at. */
  readonly families: readonly Family[];
  /** Series whose last dimension tells what makes up a finding. */
  readonly contributors: readonly { readonly series: string; readonly dimensions: readonly string[] }[];
  readonly search: Search;
};

/** Where messages go. */
export type Receiver = { readonly name: string; readonly severities: readonly Severity[] } & (
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly kind: 'slack'; readonly url: string }
  | { readonly kind: 'pagerduty'; readonly url: string; readonly routingKey: string }
  | { readonly kind: 'alertmanager'; readonly url: string }
  | { readonly kind: 'email'; readonly smtp: string; readonly from: string; readonly to: readonly string[] }
);

/** A file of rules, read. */
export type RulesFile = { readonly rules: readonly Rule[]; readonly receivers: readonly Receiver[] };

/** A live series: its dimensions and the family whose events it counts; none for what is counted of every family. */
export type KnownSeries = ReadonlyMap<
  string,
  { readonly dimensions: readonly string[]; readonly family?: Family }
>;
