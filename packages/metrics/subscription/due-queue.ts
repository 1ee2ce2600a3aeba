import type { Instant } from '../definition/definition.ts';

/** Something that comes due, of one of the customer's subscriptions; `asked` as in `Pending`. */
export type Due = { readonly at: Instant; readonly asked: number; readonly subscription: string };

/** What comes due in order, from `from` on; what is before has come, or was dropped. */
type Run = { readonly items: readonly Due[]; readonly from: number };

/**
 * A queue that never changes: runs in order, each at least twice as long as the one before, so that adding costs O(log n)
 * on average and the first is among few.
 */
export type DueQueue = readonly Run[];

/** Below 0 when `a` comes before `b`. */
function compareDue(a: Due, b: Due): number {
  return a.at === b.at ? a.asked - b.asked : a.at - b.at;
}

/** The first of the queue; `undefined` for an empty one. */
export function firstOf(queue: DueQueue): Due | undefined {
  let first: Due | undefined;
  for (const { items, from } of queue) {
    const due = items[from]!;
    if (first === undefined || compareDue(due, first) < 0) first = due;
  }
  return first;
}

/** The queue with one more. */
export function withDue(queue: DueQueue, due: Due): DueQueue {
  let items: readonly Due[] = [due];
  let merged = 0;
  for (const run of queue) {
    if (run.items.length - run.from >= 2 * items.length) break;
    items = mergedOf(items, run);
    merged++;
  }
  return [{ items, from: 0 }, ...queue.slice(merged)];
}

/** The queue without its first. */
export function withoutFirst(queue: DueQueue): DueQueue {
  const first = firstOf(queue);
  return queue.flatMap((run) => {
    if (run.items[run.from] !== first) return [run];
    return run.from + 1 === run.items.length ? [] : [{ items: run.items, from: run.from + 1 }];
  });
}

function mergedOf(items: readonly Due[], { items: others, from }: Run): readonly Due[] {
  const merged: Due[] = [];
  let left = 0;
  let right = from;
  while (left < items.length && right < others.length)
    merged.push(compareDue(items[left]!, others[right]!) <= 0 ? items[left++]! : others[right++]!);
  return merged.concat(items.slice(left), others.slice(right));
}
