import type { CounterChange, Definition, Fact } from '@tidemark/metrics/definition/definition';

/**
 * Live series of what was received, by the quarter hour of receipt; they tell a source that has fallen silent from one
 * that has nothing to say. Repeats and dead letters count: who sends them is not silent.
 */
export const ingestCounters = { events_received: ['family', 'source'] } as const;

/** Counts the audit as definitions count their facts. */
export const ingest: Pick<Definition, 'name' | 'count'> = {
  name: 'ingest',
  count({ family, source, received }: Fact): readonly CounterChange[] {
    if (received === 0) return [];
    const series = ['events_received', String(family), String(source)] as const;
    return [{ series, by: BigInt(Number(received)) }];
  },
};
