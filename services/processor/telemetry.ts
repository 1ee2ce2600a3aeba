import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { families } from '@tidemark/events/families';
import type { Output } from '@tidemark/runtime/task';
import type { InboxRecord } from './inbox.ts';

/** What the processor measures of itself. */
export type Telemetry = ReturnType<typeof processorTelemetry>;

/** Registers the processor's measures; names follow Prometheus' conventions. */
export function processorTelemetry(registers: Registry[]) {
  const records = new Counter({
    name: 'tidemark_processor_records_total',
    help: 'Records taken in, by family.',
    labelNames: ['family'],
    registers,
  });
  const facts = new Counter({
    name: 'tidemark_processor_facts_total',
    help: 'Facts published, by kind and sign.',
    labelNames: ['kind', 'sign'],
    registers,
  });
  const counted = new Counter({
    name: 'tidemark_processor_ingest_total',
    help: 'Records by what became of them: received, duplicates, voided, late, dead_lettered.',
    labelNames: ['family', 'count'],
    registers,
  });
  const ageSeconds = new Histogram({
    name: 'tidemark_processor_age_seconds',
    help: 'From a record’s receipt by Kafka until it is counted, oldest of each batch.',
    buckets: [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 15, 60, 300],
    registers,
  });
  const batchRecords = new Histogram({
    name: 'tidemark_processor_batch_records',
    help: 'Records in one transaction.',
    buckets: [1, 10, 50, 100, 250, 500, 1000, 2000, 4000],
    registers,
  });
  const others = new Counter({
    name: 'tidemark_processor_counters_other_total',
    help: 'Changes of live counters counted as `other`, since a dimension had too many values in a quarter of an hour.',
    registers,
  });
  const deadLetters = new Counter({
    name: 'tidemark_processor_dead_letters_total',
    help: 'Records set aside, by reason.',
    labelNames: ['family', 'reason'],
    registers,
  });
  // An alert looks for an increase, and sees none in a series that begins with 1.
  for (const family of families) deadLetters.inc({ family, reason: 'uncountable' }, 0);
  return {
    deadLetters,
    transactionSeconds: new Histogram({
      name: 'tidemark_processor_transaction_seconds',
      help: 'Time of one Kafka transaction.',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
      registers,
    }),
    restoreSeconds: new Gauge({
      name: 'tidemark_processor_restore_seconds',
      help: 'Time the last restore of a partition took.',
      labelNames: ['partition'],
      registers,
    }),
    strays: new Counter({
      name: 'tidemark_processor_strays_total',
      help: 'Records moved to the partition of their entity.',
      labelNames: ['family'],
      registers,
    }),
    /** One batch, before it is committed. */
    observe(output: Output, batch: readonly InboxRecord[], now: number): void {
      if (batch.length > 0) batchRecords.observe(batch.length);
      if (output.others > 0) others.inc(output.others);
      let oldest = now;
      const byFamily = new Map<string, number>();
      for (const { family, record } of batch) {
        byFamily.set(family, (byFamily.get(family) ?? 0) + 1);
        oldest = Math.min(oldest, record.timestamp);
      }
      for (const [family, count] of byFamily) records.inc({ family }, count);
      if (batch.length > 0) ageSeconds.observe((now - oldest) / 1000);
      for (const [kind, signed] of output.facts) {
        const retracted = signed.reduce((count, { sign }) => (sign === -1 ? count + 1 : count), 0);
        facts.inc({ kind, sign: '+1' }, signed.length - retracted);
        if (retracted > 0) facts.inc({ kind, sign: '-1' }, retracted);
      }
      for (const { fact } of output.facts.get('ingest_audit') ?? [])
        for (const count of ['received', 'duplicates', 'voided', 'late', 'dead_lettered'])
          counted.inc({ family: String(fact['family']), count }, Number(fact[count]));
    },
  };
}
