import { definitionsWith, metricFamilies } from '../index.ts';
import { defaultMetricSettings } from '../settings.ts';
import { catalogOf, readsOf } from './reads.ts';

const catalog = catalogOf(metricFamilies);
const read = new Set(
  [...catalog.views.values(), ...catalog.parts.values()].flatMap((view) => readsOf(view, catalog).tables),
);

/**
 * Kinds of facts that views know through rollups alone: when old ones are deleted, every view has the same numbers, but for its as-of
 * form and its restatements.
 */
export const summedKinds: readonly string[] = definitionsWith(defaultMetricSettings)
  .flatMap(({ facts }) => Object.keys(facts))
  .filter((kind) => !read.has(kind));
