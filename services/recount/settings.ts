import { clickHouseSettings } from '@tidemark/clickhouse/client';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { opsHost, opsPort, opsToken } from '@tidemark/service/ops-server';
import { integer, type SettingsOf, text } from '@tidemark/service/settings';
import { groupSettings } from '@tidemark/topics/groups';
import { topicSettings } from '@tidemark/topics/topics';

/** All settings of the recount. */
export const recountSettings = {
  ...kafkaSettings,
  ...clickHouseSettings,
  ...viewSettings,
  ...logSettings,
  ...groupSettings,
  ...topicSettings,
  RECOUNT_DIR: text('Where the copy of the state is kept until it is fed.', '.tidemark/recount'),
  RECOUNT_RATE: integer(
    'Events of the history that are fed in a second at most, so that what is serving keeps its pace.',
    20_000,
    { min: 1 },
  ),
  FEEDER_PORT: opsPort('feeder'),
  FEEDER_HOST: opsHost('feeder'),
  FEEDER_TOKEN: opsToken('feeder'),
};

/** The values of `recountSettings`. */
export type RecountSettings = SettingsOf<typeof recountSettings>;
