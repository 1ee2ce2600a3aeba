import { factKinds } from '../../services/metrics/index.ts';
import type { Columns } from '../../services/metrics/kit/definition.ts';
import { runtimeKinds } from '../../services/runtime/kinds.ts';

/** Columns of every kind of fact, of the definitions and of the runtime itself, by name and in its order. */
export function allFactKinds(): ReadonlyMap<string, Columns> {
  const kinds = new Map<string, Columns>(factKinds);
  for (const [kind, columns] of Object.entries(runtimeKinds)) {
    if (kinds.has(kind))
      throw new Error(`a definition has facts of the runtime's kind ${kind}; give them another name`);
    kinds.set(kind, columns);
  }
  return new Map([...kinds].sort(([a], [b]) => (a < b ? -1 : 1)));
}
