import type { MetricSettings } from '../settings.ts';

/** A rule for a case that could be read two ways, and the numbers of the contract's rules it comes from. */
export type EdgeRule = readonly [text: string, ...rules: readonly number[]];

/** One number of an example: `working` is arithmetic that comes to `value`, or words that say where it is from. */
export type ExampleResult = readonly [column: string, working: string, value: string];

/** The events of an example, so that a test can run it, and the row of a view in which its results then stand. */
export type ExampleRun = {
  /** As posted, but for the `event_id`; times as `2026-05-10T10:00Z`. */
  readonly events: readonly {
    readonly type: string;
    readonly occurred_at: string;
    readonly [field: string]: string | number | boolean;
  }[];
  /** What an operator has set; else the contract's defaults. */
  readonly settings?: Partial<MetricSettings>;
  /** When the view is read. */
  readonly readAt: string;
  readonly view: string;
  /** The columns that name the row. */
  readonly where: { readonly [column: string]: string };
};

/** What happened, and what the views then show; with a `run`, a test compares the results with the expected answer. */
export type Example = {
  readonly given: string;
  readonly results: readonly ExampleResult[];
  readonly run?: ExampleRun;
};

/** A page of the metric reference: what there is to say beside the comments of the views and their columns. */
export type MetricPage = {
  /** Its file's name without `.md`. */
  readonly name: string;
  readonly title: string;
  /** Views of `tidemark`; the variant `x_reporting` comes along with its `x`. */
  readonly views: readonly string[];
  /** One paragraph; its first sentence is what the index shows. */
  readonly meaning: string;
  readonly formula: readonly string[];
  readonly rules: readonly EdgeRule[];
  readonly examples: readonly Example[];
  readonly source: string;
};
