/**
 * `npm run processor:forget-offsets`: deletes the offsets of the processors' group, which somebody has set by hand: the next
 * processor goes on where its state stands. See docs/runbooks/state-refused.md.
 */
import { deleteGroup } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { runService } from '@tidemark/service/service';
import { groupSettings } from '@tidemark/topics/groups';

const description = {
  name: 'forget-offsets',
  summary: 'Deletes the offsets of the stopped processors: the next one goes on where its state stands.',
  settings: { ...kafkaSettings, ...logSettings, APPLICATION_ID: groupSettings.APPLICATION_ID },
  examples: ['KAFKA_BROKERS=kafka:9092 npm run processor:forget-offsets'],
};

await runService(description, async ({ settings, log, shutdown }) => {
  await deleteGroup(openKafka(settings, log), settings.APPLICATION_ID);
  log.info({ group: settings.APPLICATION_ID }, 'The group has no offsets.');
  await shutdown.end(0);
});
