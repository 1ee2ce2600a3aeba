import { families, type Family } from '@tidemark/events/families';
import { eventTypes } from '@tidemark/events/types';
import { definitionsWith } from '../index.ts';
import { defaultMetricSettings } from '../settings.ts';
import { runtimeFacts } from '../trust/facts.ts';
import { type Catalog, readsOf } from './reads.ts';

const definitions = definitionsWith(defaultMetricSettings);

/** What is named in place of a definition where the runtime publishes facts itself. */
export const runtimeName = 'the runtime';

/** What a view is made from, all the way back to the events. */
export type Source = {
  readonly family: Family;
  readonly events: readonly string[];
  /** The definition that makes the facts; `runtimeName` for what the runtime publishes itself. */
  readonly definition: string;
  /** The kinds of facts, each a table of `tidemark_store`. */
  readonly facts: readonly string[];
};

/** The kinds of facts that a view reads, through other views and rollups. Throws an Error on what does not exist. */
export function factsBehind(view: string, catalog: Catalog): ReadonlySet<string> {
  const facts = new Set<string>();
  const seen = new Set<string>();
  const follow = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const found = catalog.views.get(name) ?? catalog.parts.get(name);
    if (found === undefined) throw new Error(`view ${view} reads the view ${name}, which does not exist`);
    const { tables, views } = readsOf(found, catalog);
    for (const table of tables) {
      const madeFrom = catalog.tables.get(table);
      if (madeFrom === undefined)
        throw new Error(`view ${view} reads tidemark_store.${table}, which does not exist`);
      for (const fact of madeFrom) facts.add(fact);
    }
    views.forEach(follow);
  };
  follow(view);
  return facts;
}

/** The definitions and events behind some kinds of facts, in the order of the families. */
export function sourcesOf(facts: ReadonlySet<string>): Source[] {
  const ofRuntime = Object.keys(runtimeFacts).filter((kind) => facts.has(kind));
  return families.flatMap((family) => {
    const made = definitions
      .filter(({ on }) => on === family)
      .map((one) => ({
        definition: one.name,
        facts: Object.keys(one.facts).filter((kind) => facts.has(kind)),
      }));
    const all = [...made, { definition: runtimeName, facts: ofRuntime }];
    return all
      .filter((one) => one.facts.length > 0)
      .map((one) => ({ family, events: eventTypes[family], ...one }));
  });
}
