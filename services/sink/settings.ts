import { clickHouseSettings } from '../../infra/clickhouse/client.ts';
import { viewSettings } from '../../infra/clickhouse/migration-file.ts';
import { kafkaSettings } from '../kafka/settings.ts';
import { logSettings } from '../kit/log.ts';
import { opsPort } from '../kit/ops-server.ts';
import { duration, flag, integer, text } from '../kit/settings.ts';
import { tracingSettings } from '../tracing/settings.ts';

/** Everything the sink is told from outside. */
export const sinkSettings = {
  ...kafkaSettings,
  ...clickHouseSettings,
  ...viewSettings,
  ...logSettings,
  ...tracingSettings,
  SINK_GROUP: text(
    'The consumer group of the sinks of one ClickHouse; another group inserts everything anew.',
    'tidemark-sink',
  ),
  SINK_BLOCK_BYTES: integer('Bytes of facts, as they are in Kafka, in one block at most.', 4 * 1024 * 1024, {
    min: 1_024,
    max: 64 * 1024 * 1024,
  }),
  SINK_BLOCK_INTERVAL: duration(
    'From one block’s begin to the next one’s at least: a shorter one costs ClickHouse more parts, a longer one makes the views later.',
    '200ms',
  ),
  SINK_PORT: opsPort('sink'),
  MIGRATE: flag('Whether to bring ClickHouse’s tables and views up to date at the start.', true),
};
