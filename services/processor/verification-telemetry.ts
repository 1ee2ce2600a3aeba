import { Counter, Gauge, type Registry } from 'prom-client';
import { families } from '@tidemark/events/families';
import type { VerificationTelemetry } from './verification.ts';

/** Registers what is measured of the verification; an alert uses `tidemark_processor_entities_differing`. */
export function verificationTelemetry(registers: Registry[]): VerificationTelemetry {
  const verified = new Counter({
    name: 'tidemark_processor_entities_verified_total',
    help: 'Entities whose facts in ClickHouse were compared with those of their events, folded anew.',
    registers,
  });
  const verifiedAt = new Gauge({
    name: 'tidemark_processor_verified_timestamp_seconds',
    help: 'When entities were last compared, in seconds since 1970.',
    registers,
  });
  const differing = new Gauge({
    name: 'tidemark_processor_entities_differing',
    help: 'Entities whose facts in ClickHouse are known not to be those of their events, 20 of a partition at most.',
    labelNames: ['family'],
    registers,
  });
  for (const family of families) differing.set({ family }, 0);
  return {
    verified(entities) {
      verified.inc(entities);
      verifiedAt.setToCurrentTime();
    },
    differing(byFamily) {
      for (const family of families) differing.set({ family }, byFamily.get(family) ?? 0);
    },
  };
}
