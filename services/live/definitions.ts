import { definitionsBehind } from '@tidemark/metrics/behind';
import type { Definition } from '@tidemark/metrics/definition/definition';
import type { DefinitionVersions } from '@tidemark/topics/definition-versions';

/** What is counted, and by which versions: the answer of `GET /v1/definitions`. */
export type CountedDefinitions = {
  /** The generation that serves. */
  readonly generation: number;
  readonly definitions: readonly CountedDefinition[];
};

/** A definition as readers know it. */
export type CountedDefinition = {
  readonly name: string;
  /** The number of its rules and the settings in them; `null` while no processor has published it. */
  readonly version: string | null;
  /** Its live series. */
  readonly series: readonly string[];
  /** The views that have numbers of it; their as-of forms and restatements have too. */
  readonly views: readonly string[];
};

/** The definitions in the versions of a generation, by name. */
export function countedDefinitions(
  definitions: readonly Definition[],
  generation: number,
  versions: DefinitionVersions = {},
): CountedDefinitions {
  const entries = definitions.map(({ name, counters }) => ({
    name,
    version: versions[name] ?? null,
    series: Object.keys(counters),
    views: [...definitionsBehind].filter(([, behind]) => behind.includes(name)).map(([view]) => view),
  }));
  return { generation, definitions: entries.toSorted((one, other) => (one.name < other.name ? -1 : 1)) };
}
