/** Makes the topics that are missing and checks those that are there: `npm run topics`. Safe to run at any time. */
import { ensureTopics, offsetsRetentionMs } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { runService } from '@tidemark/service/service';
import { topics } from '@tidemark/topics/topics';
import { retentionAdvice } from './retention.ts';
import { topicsSettings } from './topics-settings.ts';

const description = {
  name: 'topics',
  summary: 'Makes the topics that are missing, and says what is wrong with those that are there.',
  settings: topicsSettings,
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
