import {
  define,
  to,
  type AnyEvent,
  type Definition,
  type Instant,
} from '@tidemark/metrics/definition/definition';
import type { Family } from '@tidemark/events/families';
import { Driver } from './driver.fixtures.ts';

type Sum = { readonly sum: number; readonly net: number; readonly quietAt: Instant | undefined };

/** Sums per instant, and a fact when nothing was heard for ten milliseconds; the form 1 fixture was made with it. */
export function running(on: Family = 'mention', form = 1): Definition {
  const facts = { running_sum: { sum: 'integer' }, running_quiet: { sum: 'integer' } } as const;
  return define<Sum, AnyEvent & { readonly type: `mention.${string}` }, typeof facts>({
    name: 'running',
    version: '1 quietMs=10',
    form,
    on,
    facts,
    initial: { sum: 0, net: 0, quietAt: undefined },
    ended: ({ quietAt }) => quietAt === undefined,
    due: ({ quietAt }) => quietAt,
    step: (state, input) =>
      input.type === 'tick'
        ? to({ ...state, quietAt: undefined }, { kind: 'running_quiet', at: input.at, sum: state.sum })
        : to({ sum: (state.sum * 3 + input.sequence) % 1000, net: 1, quietAt: input.occurred_at + 10 }),
    settle: (state, at) =>
      state.net === 0 ? to(state) : to({ ...state, net: 0 }, { kind: 'running_sum', at, sum: state.sum }),
    counters: {},
    count: () => [],
  });
}

/** An event of the entity `source`. */
export function observed(at: Instant, sequence = 1, source = 'one', family: Family = 'mention'): AnyEvent {
  return { type: `${family}.observed`, event_id: `${at}-${sequence}`, occurred_at: at, sequence, source };
}

/** The void of an event. */
export function voidOf(event: AnyEvent): AnyEvent {
  const type = event.type.replace(/\..*/, '.voided');
  return { ...event, type, event_id: `void ${event.event_id}`, voids: event.event_id } as AnyEvent;
}

/** A driver of `running`, whose entities are named by their source. */
export const driverOf = (options: Partial<ConstructorParameters<typeof Driver>[0]> = {}): Driver =>
  new Driver({ definitions: [running()], keyOf: ({ source }) => source, ...options });
