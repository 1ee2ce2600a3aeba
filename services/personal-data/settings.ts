import { clickHouseSettings } from '@tidemark/clickhouse/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { port, secret, text } from '@tidemark/service/settings';
import { groupSettings } from '@tidemark/topics/groups';
import { topicSettings } from '@tidemark/topics/topics';

/** What an erasure needs. */
export const erasureSettings = {
  ...kafkaSettings,
  ...clickHouseSettings,
  ...groupSettings,
  ...topicSettings,
};

/** The settings of the personal-data service. */
export const personalDataSettings = {
  ...erasureSettings,
  ...logSettings,
  PERSONAL_DATA_HOST: text('Address the API of erasures listens on.', '127.0.0.1'),
  PERSONAL_DATA_PORT: port('Port of the API of erasures, with /health, /ready and /metrics.', 8085),
  PERSONAL_DATA_TOKEN: secret(
    'What callers have to send as a bearer token: 16 characters or more. Who has it may erase customers; no other token may.',
  ),
};
