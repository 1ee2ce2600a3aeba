import type { Cause } from '@tidemark/metrics/definition/cause';
import type { Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { difference, type SignedFact } from './difference.ts';
import type { Entity } from './entity.ts';
import { advance, rewind, wakeOf } from './fold.ts';
import { causeOf, causesUpTo } from './stretches.ts';

/**
 * Folds the entity up to `clock` and hands over what is to be published, with the definition that says so. In order this
 * is one step from where the fold stands; after a late or voided event it folds again from before it, and the difference
 * to what the old history gave is the answer.
 */
export function publishUpTo(
  entity: Entity,
  clock: Instant,
  publish: (definition: Definition, signed: readonly SignedFact[]) => void,
): void {
  const until = Math.max(clock, entity.through);
  const { revised, through, late } = entity;
  const revision = revised === undefined ? 'arrived' : causeOf(revised, entity.fresh);
  const parts = causesUpTo(late, until);
  entity.wake = Infinity;
  for (const fold of entity.folds) {
    const before: Fact[] = [];
    const after: Fact[] = [];
    const causes: Cause[] = [];
    const foldTo = (to: Instant, cause: Cause): void => {
      advance(fold, entity.history, to, after);
      while (causes.length < after.length) causes.push(cause);
    };
    if (!fold.published) foldTo(through, 'definition');
    else if (revised !== undefined) {
      advance(rewind(fold, revised.at), revised.history, through, before);
      foldTo(through, revision);
    }
    for (const { to, cause } of parts) foldTo(to, cause);
    fold.published = true;
    entity.wake = Math.min(entity.wake, wakeOf(fold, entity.history));
    if (before.length > 0) publish(fold.definition, difference(before, after, revision, causes));
    else if (after.length > 0)
      publish(
        fold.definition,
        after.map((fact, place) => ({ sign: 1, cause: causes[place]!, fact })),
      );
  }
  entity.revised = undefined;
  entity.late = [];
  entity.through = until;
}
