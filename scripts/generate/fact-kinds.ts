import { factKinds } from '@tidemark/metrics';
import type { Columns } from '@tidemark/metrics/definition/definition';
import { runtimeKinds } from '@tidemark/runtime/kinds';

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
