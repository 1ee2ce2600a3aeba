/** A rule for a case that could be read two ways, and the numbers of the contract's rules it comes from. */
export type EdgeRule = readonly [text: string, ...rules: readonly number[]];

/** One number of an example: `working` is arithmetic that comes to `value`, or words that say where it is from. */
export type ExampleResult = readonly [column: string, working: string, value: string];

/** What happened, and what the views then show. */
export type Example = { readonly given: string; readonly results: readonly ExampleResult[] };

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
