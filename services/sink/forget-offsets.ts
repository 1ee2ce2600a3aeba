/**
 * `npm run sink:forget-offsets`: deletes the offsets of the sinks' group, so that the next sink begins where the tables
 * stand, or at the first fact there is when they are empty. See docs/runbooks/sink-positions.md.
 */
import { deleteGroup } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { runService } from '@tidemark/service/service';
import { generationOf, generationSettings } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';

const description = {
  name: 'forget-offsets',
  summary: 'Deletes the offsets of the stopped sinks: the next one begins where the tables stand.',
  settings: { ...kafkaSettings, ...logSettings, ...generationSettings, SINK_GROUP: groupSettings.SINK_GROUP },
  examples: ['KAFKA_BROKERS=kafka:9092 npm run sink:forget-offsets'],
};

await runService(description, async ({ settings, log, shutdown }) => {
  const group = generationOf(settings.GENERATION).own(settings.SINK_GROUP);
  await deleteGroup(openKafka(settings, log), group);
  log.info({ group }, 'The group has no offsets.');
  await shutdown.end(0);
});
