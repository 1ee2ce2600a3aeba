import { must, text } from '@tidemark/service/settings';

/** The settings that name the consumer groups: services that report on a group read its name here too. */
export const groupSettings = {
  APPLICATION_ID: must(
    text(
      'Names the group and the transactions; all instances that share the work share it.',
      'tidemark-processor',
    ),
    'letters, digits, dots, dashes and underscores',
    (id) => /^[\w.-]{1,100}$/.test(id),
  ),
  SINK_GROUP: text(
    'The consumer group of the sinks of one ClickHouse; another group is refused while the tables are not empty.',
    'tidemark-sink',
  ),
};

/** The consumer group of a recount's feeders, without the generation's suffix. */
export const feedGroup = 'tidemark-feed';

/** The group of the alerts service, without prefix: who owns its one partition leads. Its transactions have the same name. */
export const alertsGroup = 'tidemark-alerts';
