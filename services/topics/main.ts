/** Makes the topics that are missing and checks those that are there: `npm run topics`. Safe to run at any time. */
import { ensureTopics, offsetsRetentionMs } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { runService } from '@tidemark/service/service';
import { integer } from '@tidemark/service/settings';
import { partitionsDefault, topics } from '@tidemark/topics/topics';
import { retentionAdvice } from './retention.ts';

const description = {
  name: 'topics',
  summary: 'Makes the topics that are missing, and says what is wrong with those that are there.',
  settings: {
    ...kafkaSettings,
    ...logSettings,
    PARTITIONS: integer('Partitions of each topic; cannot change once there is data.', partitionsDefault, {
      min: 1,
      max: 1_000,
    }),
  },
  examples: ['KAFKA_BROKERS=kafka:9092 PARTITIONS=12 npm run topics'],
};

await runService(description, async ({ settings, log, shutdown }) => {
  const kafka = openKafka(settings, log);
  const made = await ensureTopics(kafka, topics(settings.PARTITIONS));
  log.info({ made }, 'Topics are as they should be.');
  const keptMs = await offsetsRetentionMs(kafka);
  const advice = keptMs === undefined ? undefined : retentionAdvice(keptMs);
  if (advice !== undefined) log.warn(advice);
  await shutdown.end(0);
});
