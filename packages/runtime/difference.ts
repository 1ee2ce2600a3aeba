import type { Cause } from '@tidemark/metrics/definition/cause';
import type { Fact } from '@tidemark/metrics/definition/definition';

/** A fact with its sign, published (+1) or retracted (−1), and why. */
export type SignedFact = { readonly sign: 1 | -1; readonly cause: Cause; readonly fact: Fact };

/** Two facts with the same name say the same; the separator cannot stand in a string of an event. */
function nameOf(fact: Fact): string {
  let name = '';
  for (const column in fact) name += `${column}\u0000${String(fact[column])}\u0000`;
  return name;
}

/**
 * What must be published so that `before` becomes `after`, both being multisets: retractions first, then additions.
 * A fact in both is left alone: what nothing changed is never retracted and published again (rule 28). Facts of one kind list their columns in the same order, as one definition builds them.
 *
 * @param gone The cause of retractions; `come`, that of additions by their place in `after`.
 */
export function difference(
  before: readonly Fact[],
  after: readonly Fact[],
  gone: Cause = 'arrived',
  come: readonly Cause[] = [],
): SignedFact[] {
  const surplus = new Map<string, number>();
  for (const fact of after) {
    const name = nameOf(fact);
    surplus.set(name, (surplus.get(name) ?? 0) + 1);
  }
  const signed: SignedFact[] = [];
  for (const fact of before) {
    const name = nameOf(fact);
    const count = surplus.get(name) ?? 0;
    if (count > 0) surplus.set(name, count - 1);
    else signed.push({ sign: -1, cause: gone, fact });
  }
  // Of equal facts it does not matter which are new; the surplus counts say how many.
  for (const [place, fact] of after.entries()) {
    const name = nameOf(fact);
    const count = surplus.get(name) ?? 0;
    if (count === 0) continue;
    surplus.set(name, count - 1);
    signed.push({ sign: 1, cause: come[place] ?? 'arrived', fact });
  }
  return signed;
}
