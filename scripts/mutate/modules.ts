/**
 * Module hooks of a mutation run, in one thread. They serve the source files with a mutant in one of them. For each mutant
 * that file and all files that import it are loaded anew. Everything else is loaded once.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutated, type Mutant } from './mutants.ts';

/** Who imports a module, by its address. */
export type Importers = ReadonlyMap<string, ReadonlySet<string>>;

const standIns: { readonly [specifier: string]: string } = {
  'node:test': new URL('collect.ts', import.meta.url).href,
  'fast-check': new URL('properties.ts', import.meta.url).href,
};
const own = new Set(Object.values(standIns));

const importers = new Map<string, Set<string>>();
const stripped = new Map<string, string>();
let underTest:
  | {
      readonly id: number;
      readonly mutant: Mutant;
      readonly address: string;
      readonly anew: ReadonlySet<string>;
    }
  | undefined;

const plain = (address: string): string => address.replace(/\?mutant=\d+$/, '');

/** Begins to serve modules; who imports whom is noted from then on. */
export function serveModules(): Importers {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const parentURL = context.parentURL === undefined ? undefined : plain(context.parentURL);
      const standIn = parentURL !== undefined && own.has(parentURL) ? undefined : standIns[specifier];
      if (standIn !== undefined) return { url: standIn, format: 'module-typescript', shortCircuit: true };
      const resolved = nextResolve(specifier, parentURL === undefined ? context : { ...context, parentURL });
      if (!resolved.url.endsWith('.ts')) return resolved;
      if (parentURL !== undefined) {
        const known = importers.get(resolved.url) ?? new Set();
        importers.set(resolved.url, known.add(parentURL));
      }
      if (underTest?.anew.has(resolved.url) !== true) return resolved;
      return { ...resolved, url: `${resolved.url}?mutant=${underTest.id}` };
    },
    load(url, context, nextLoad) {
      const address = plain(url);
      if (!address.endsWith('.ts')) return nextLoad(url, context);
      return { format: 'module', source: sourceOf(address), shortCircuit: true };
    },
  });
  return importers;
}

function sourceOf(address: string): string {
  const read = (): string => readFileSync(fileURLToPath(address), 'utf8');
  if (underTest?.address === address) return stripTypeScriptTypes(mutated(read(), underTest.mutant));
  let source = stripped.get(address);
  if (source === undefined) stripped.set(address, (source = stripTypeScriptTypes(read())));
  return source;
}

/** Serves a file with a mutant in it from now on. `id` differs from mutant to mutant. */
export function serveMutant(id: number, mutant: Mutant, address: string, known: Importers): void {
  underTest = { id, mutant, address, anew: reaching(address, known) };
}

/** A module and all that import it, directly or not. */
export function reaching(address: string, known: Importers): Set<string> {
  const found = new Set([address]);
  for (const one of found) for (const importer of known.get(one) ?? []) found.add(importer);
  return found;
}
