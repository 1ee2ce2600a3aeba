import { duration, integer, optional, port, text } from '@tidemark/service/settings';
import { partitionsDefault } from '@tidemark/topics/topics';

/** The port of a service that people do not visit. Prometheus looks for it at its usual port. */
function opsPort(service: string, usual: number) {
  return optional(
    port(
      `Where the ${service} offers /health, /ready and /metrics: ${usual} when not set, any port while that is taken.`,
    ),
  );
}

/** The settings of the command `start`. */
export const startSettings = {
  COLLECTOR_PORT: port('Where the collector listens.', 8080),
  LIVE_PORT: port('Where the live API listens.', 8081),
  ALERTS_PORT: opsPort('alerts API', 8082),
  PROCESSOR_PORT: opsPort('processor', 8083),
  SINK_PORT: opsPort('sink', 8084),
  CLICKHOUSE_PORT: port('Where the embedded ClickHouse answers HTTP.', 8123),
  KAFKA_PORT: port('Where the embedded Kafka listens.', 9092),
  KAFKA_BROKERS: optional(text('A Kafka that runs already, instead of the embedded one.')),
  CLICKHOUSE_URL: optional(text('A ClickHouse that runs already, instead of the embedded one.')),
  START_TIMEOUT: duration(
    'How long each server and service may take to start; a slow machine needs minutes.',
    '10m',
  ),
  PARTITIONS: integer(
    'Partitions of every topic. With another number all has to be counted anew: docs/runbooks/more-partitions.md.',
    partitionsDefault,
    {
      min: 1,
      max: 1_000,
    },
  ),
};
