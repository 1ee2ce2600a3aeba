import { viewSettings } from '@tidemark/clickhouse/migration-file';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { Failure } from '@tidemark/service/failures';
import { logSettings } from '@tidemark/service/log';
import { duration, flag, optional, port, secret, text, url } from '@tidemark/service/settings';
import { type HourOfWeek, inZone } from './detect/hour-of-week.ts';

/** Everything the alerts service can be told. */
export const alertSettings = {
  ...kafkaSettings,
  ...logSettings,
  REPORTING_TIMEZONE: viewSettings.REPORTING_TIMEZONE,
  ALERTS_RULES: optional(text('File of rules and receivers; the shipped one when not set.')),
  ALERTS_HOST: text(
    'Address the alerts API listens on; anything but loopback asks for ALERTS_TOKEN.',
    '127.0.0.1',
  ),
  ALERTS_PORT: port('Port of the alerts API, with /health, /ready and /metrics.', 8082),
  ALERTS_TOKEN: optional(
    secret('Who acknowledges and silences sends it as a bearer token; loopback alone needs none.'),
  ),
  ALERTS_LOOK_EVERY: duration('How often the rules look at the counters.', '5s'),
  ALERTS_PAGE_URL: url('The dashboard that messages link to.', 'http://127.0.0.1:8081/'),
  ALERTS_RUNBOOK_URL: url('Folder of the runbooks that messages link to.', 'http://127.0.0.1:8081/runbooks/'),
  ALERTS_ALLOW_PRIVATE: flag(
    'Whether receivers may be at private addresses: this machine, the local network.',
    false,
  ),
  ALERTS_GIVE_UP_AFTER: duration('How long the delivery of a message is tried before it is set aside.', '6h'),
};

/**
 * By whose clocks hours are usual.
 *
 * @throws Failure `settings.invalid`.
 */
export function hourOfWeekIn(zone: string): HourOfWeek {
  try {
    return inZone(zone);
  } catch (cause) {
    const mend = 'give an IANA time zone such as Europe/Berlin';
    throw new Failure('settings.invalid', `REPORTING_TIMEZONE is "${zone}", which is none: ${mend}`, {
      cause,
    });
  }
}
