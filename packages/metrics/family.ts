import type { Definition } from './definition/definition.ts';
import type { MetricPage } from './definition/page.ts';
import type { MetricSettings } from './settings.ts';
import type { ExplainedViews } from './sql/explained.ts';
import type { Table } from './sql/table.ts';
import type { View } from './sql/view.ts';

/** All that the metrics of one folder are; its expected answer stands beside it, in `<folder>/*.oracle.ts`. */
export type MetricFamily = {
  /** The folder's name. */
  readonly name: string;
  /** The heading of its pages in docs/metrics. */
  readonly title: string;
  /** The folds that publish its facts; none where it only reads those of others. */
  readonly definitions: (settings: MetricSettings) => readonly Definition[];
  /** Tables of its facts, and rollups. */
  readonly tables: readonly Table[];
  /** Its views, in any order. */
  readonly views: readonly View[];
  /** How the figures of its views come about. */
  readonly explained: ExplainedViews;
  /** Its pages of the metric reference: each view is on one. */
  readonly pages: readonly MetricPage[];
};
