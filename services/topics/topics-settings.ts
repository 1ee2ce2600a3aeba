import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { integer } from '@tidemark/service/settings';
import { partitionsDefault, topicSettings } from '@tidemark/topics/topics';

/** Settings of the commands that make topics. */
export const topicsSettings = {
  ...kafkaSettings,
  ...logSettings,
  ...topicSettings,
  PARTITIONS: integer(
    'Partitions of each topic. With another number all has to be counted anew: docs/runbooks/more-partitions.md.',
    partitionsDefault,
    {
      min: 1,
      max: 1_000,
    },
  ),
};
