/**
 * `npm run sink:adopt-offsets`: records the offsets of the sinks' group with tables that have no positions, because a
 * release without positions filled them. See docs/runbooks/sink-positions.md.
 */
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { partitionCounts } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { topicIdentity } from '@tidemark/kafka/topic-identity';
import { Failure } from '@tidemark/service/failures';
import { logSettings } from '@tidemark/service/log';
import { runService } from '@tidemark/service/service';
import { generationOf, generationSettings } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { readPositions, recordPositions } from './positions.ts';

const description = {
  name: 'adopt-offsets',
  summary: 'Takes the tables to have just what the stopped sinks have committed, and records that with them.',
  settings: {
    ...kafkaSettings,
    ...clickHouseSettings,
    ...logSettings,
    ...generationSettings,
    SINK_GROUP: groupSettings.SINK_GROUP,
  },
  examples: [
    'KAFKA_BROKERS=kafka:9092 CLICKHOUSE_URL=http://clickhouse:8123 CLICKHOUSE_USER=tidemark CLICKHOUSE_PASSWORD=… npm run sink:adopt-offsets',
  ],
};

await runService(description, async ({ settings, log, shutdown }) => {
  const kafka = openKafka(settings, log);
  const clickhouse = connectClickHouse(settings);
  shutdown.add('clickhouse', () => clickhouse.close());
  const { own, store, facts: topic } = generationOf(settings.GENERATION);
  const group = own(settings.SINK_GROUP);
  if ((await readPositions(clickhouse, store, topic)).length > 0)
    throw new Failure(
      'sink.positions',
      'The tables have positions: there is nothing to adopt, start the sink',
    );
  const partitions = (await partitionCounts(kafka, [topic])).get(topic) ?? 0;
  const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const offsets = (await committedOffsets(kafka, group, asked)).flatMap(({ partition, offset, metadata }) =>
    offset === undefined ? [] : [{ topic, partition, offset, metadata }],
  );
  if (offsets.length === 0)
    throw new Failure(
      'sink.positions',
      `Group ${group} has no offsets: nobody knows what the tables have. Fill them anew, see docs/runbooks/sink-positions.md`,
    );
  const { clusterId, topicId } = await topicIdentity(kafka, topic);
  await recordPositions(clickhouse, store, { group, clusterId, topicId }, offsets, shutdown.signal, {
    recorded: () => undefined,
    insertFailed: (_, failure) =>
      log.warn({ err: failure }, 'ClickHouse did not take the positions; trying again.'),
  });
  log.info({ group, partitions: offsets.length }, 'The offsets are recorded with the tables.');
  await shutdown.end(0);
});
