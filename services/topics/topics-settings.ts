import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { integer } from '@tidemark/service/settings';
import { partitionsDefault } from '@tidemark/topics/topics';

/** Settings of the commands that make topics. */
export const topicsSettings = {
  ...kafkaSettings,
  ...logSettings,
  PARTITIONS: integer('Partitions of each topic; cannot change once there is data.', partitionsDefault, {
    min: 1,
    max: 1_000,
  }),
};
