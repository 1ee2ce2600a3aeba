import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the collector counts, for Prometheus. */
export type Telemetry = ReturnType<typeof telemetryOn>;

/**
 * Registers the collector's metrics.
 *
 * @param bytesUnderWay Bytes taken and not yet acknowledged, asked when scraped.
 */
export function telemetryOn(registry: Registry, bytesUnderWay: () => number) {
  const registers = [registry];
  new Gauge({
    name: 'tidemark_collector_inflight_bytes',
    help: 'Bytes of events taken and not yet acknowledged by Kafka.',
    registers,
    collect() {
      this.set(bytesUnderWay());
    },
  });
  return {
    events: new Counter({
      name: 'tidemark_collector_events_total',
      help: 'Events judged, by verdict: accepted, rejected, too_late (rejected and set aside by the processor).',
      labelNames: ['verdict'],
      registers,
    }),
    passedOver: new Counter({
      name: 'tidemark_collector_passed_over_total',
      help: 'What sources reported and gives no event, by source and reason.',
      labelNames: ['source', 'reason'],
      registers,
    }),
    requests: new Counter({
      name: 'tidemark_collector_requests_total',
      help: 'Requests answered, by route and status.',
      labelNames: ['route', 'status'],
      registers,
    }),
    seconds: new Histogram({
      name: 'tidemark_collector_publish_seconds',
      help: 'From the body read to the answer, Kafka’s acknowledgement included.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  };
}
