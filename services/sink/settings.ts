import { clickHouseSettings } from '@tidemark/clickhouse/client';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { memberSettings } from '@tidemark/kafka/member-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { opsHost, opsPort, opsToken } from '@tidemark/service/ops-server';
import { duration, flag, integer } from '@tidemark/service/settings';
import { generationSettings } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { topicSettings } from '@tidemark/topics/topics';
import { tracingSettings } from '@tidemark/tracing/settings';
import { factRetentionSettings } from './fact-retention.ts';

/** All settings of the sink. */
export const sinkSettings = {
  ...kafkaSettings,
  ...memberSettings,
  ...clickHouseSettings,
  ...viewSettings,
  ...logSettings,
  ...tracingSettings,
  ...topicSettings,
  ...generationSettings,
  ...factRetentionSettings,
  SINK_GROUP: groupSettings.SINK_GROUP,
  SINK_BLOCK_BYTES: integer('Bytes of facts, as they are in Kafka, in one block at most.', 4 * 1024 * 1024, {
    min: 1_024,
    max: 64 * 1024 * 1024,
  }),
  SINK_BLOCK_INTERVAL: duration(
    'The longest time from one block’s begin to the next one’s: of a trickle; half of it, or less where ClickHouse is quick, where 64 kB of facts wait. A longer one costs ClickHouse fewer parts and makes the views later.',
    '1200ms',
  ),
  SINK_VERIFY_INTERVAL: duration(
    'How long the sink waits between two checks of a part of a rollup against its facts.',
    '1m',
  ),
  SINK_PORT: opsPort('sink'),
  SINK_HOST: opsHost('sink'),
  SINK_TOKEN: opsToken('sink'),
  MIGRATE: flag('Whether to bring ClickHouse’s tables and views up to date at the start.', true),
};
