import { viewSettings } from '../../infra/clickhouse/migration-file.ts';
import { kafkaSettings } from '../kafka/settings.ts';
import { logSettings } from '../kit/log.ts';
import { port, text } from '../kit/settings.ts';

/** Everything the live service can be told. */
export const liveSettings = {
  ...kafkaSettings,
  ...logSettings,
  REPORTING_TIMEZONE: viewSettings.REPORTING_TIMEZONE,
  LIVE_HOST: text('Address the live API listens on; anything but loopback lets others read it.', '127.0.0.1'),
  LIVE_PORT: port('Port of the live API.', 8081),
};
