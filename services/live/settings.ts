import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { groupSettings } from '@tidemark/topics/groups';
import { logSettings } from '@tidemark/service/log';
import { optional, port, secret, text, url } from '@tidemark/service/settings';

/** All settings of the live service. */
export const liveSettings = {
  ...kafkaSettings,
  ...logSettings,
  ...viewSettings,
  LIVE_HOST: text('Address the live API listens on; anything but loopback lets others read it.', '127.0.0.1'),
  LIVE_PORT: port('Port of the live API.', 8081),
  LIVE_TOKEN: optional(
    secret(
      'The token that readers must show: 16 characters or more. Not needed while LIVE_HOST is loopback.',
    ),
  ),
  LIVE_CLICKHOUSE_URL: optional(
    url('Where the dashboard reads history; without it, it shows live figures alone.'),
  ),
  LIVE_CLICKHOUSE_USER: text('A user who can read the views and nothing else.', 'bi'),
  LIVE_CLICKHOUSE_PASSWORD: secret('The password of that user.', ''),
  COLLECTOR_URL: url(
    'Where publishers reach the collector: an empty dashboard shows how to publish a first event there.',
    'http://127.0.0.1:8080',
  ),
  LIVE_EXPLAIN_USER: optional(
    text('A user who can read the views and the facts; without it, figures are not explained.'),
  ),
  LIVE_EXPLAIN_PASSWORD: secret('The password of that user.', ''),
  ALERTS_URL: optional(url('Where the alerts service answers; without it, the dashboard shows no alerts.')),
  ALERTS_TOKEN: optional(secret('The token that the alerts service requires.')),
  ...groupSettings,
};
