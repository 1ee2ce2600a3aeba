/** Makes the topics that are missing and checks those that are there: `npm run topics`. Safe to run at any time. */
import { openKafka } from '@tidemark/kafka/client';
import { ensureTopics, warnOfOffsets } from '@tidemark/kafka/topic-settings';
import { flag } from '@tidemark/service/settings';
import { runService } from '@tidemark/service/service';
import { topics } from '@tidemark/topics/topics';
import { topicsSettings } from './topics-settings.ts';

const description = {
  name: 'topics',
  summary: 'Makes the topics that are missing, and says what is wrong with those that are there.',
  settings: {
    ...topicsSettings,
    TOPICS_CORRECT: flag('Whether to correct settings of topics that services refuse.', false),
  },
  examples: [
    'KAFKA_BROKERS=kafka:9092 PARTITIONS=12 npm run topics',
    'KAFKA_BROKERS=kafka:9092 PARTITIONS=12 TOPICS_CORRECT=true npm run topics',
  ],
};

await runService(description, async ({ settings, log, shutdown }) => {
  const { PARTITIONS: partitions, TOPIC_RETENTION: retentionMs } = settings;
  const kafka = openKafka(settings, log);
  const made = await ensureTopics(kafka, topics(partitions, retentionMs), settings.TOPICS_CORRECT);
  log.info({ made }, 'Topics are as they should be.');
  await warnOfOffsets(kafka, retentionMs);
  await shutdown.end(0);
});
