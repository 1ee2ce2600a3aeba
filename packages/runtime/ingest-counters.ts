import {
  countBy,
  type CounterChange,
  type Definition,
  type Fact,
} from '@tidemark/metrics/definition/definition';

/**
 * Live series of received events, by the quarter hour of receipt. They show that a source has become silent. Repeats and
 * dead letters count: a source that sends them is not silent.
 */
export const ingestCounters = { events_received: countBy('family', 'source') };

/** Counts the audit as definitions count their facts. */
export const ingest: Pick<Definition, 'name' | 'count'> = {
  name: 'ingest',
  count({ family, source, received }: Fact): readonly CounterChange[] {
    if (received === 0) return [];
    const series = ['events_received', String(family), String(source)] as const;
    return [{ series, by: BigInt(Number(received)) }];
  },
};
