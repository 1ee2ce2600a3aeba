/** By which definitions the numbers of a view are counted. */
import { catalogOf } from './catalogue/reads.ts';
import { factsBehind, runtimeName, sourcesOf } from './catalogue/sources.ts';
import { metricFamilies } from './index.ts';

const catalog = catalogOf(metricFamilies);

/**
 * The names of the definitions whose facts each view of `tidemark` reads, in alphabetical order; none where it reads what the
 * runtime says of itself. As-of forms and restatements of a view read the same.
 */
export const definitionsBehind: ReadonlyMap<string, readonly string[]> = new Map(
  [...catalog.views.keys()].map((view) => [
    view,
    sourcesOf(factsBehind(view, catalog))
      .map(({ definition }) => definition)
      .filter((name) => name !== runtimeName)
      .toSorted(),
  ]),
);
