import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { Failure } from '@tidemark/service/failures';
import { logSettings } from '@tidemark/service/log';
import { duration, flag, optional, port, secret, text, url } from '@tidemark/service/settings';
import { type Calendar, inZone } from './detect/calendar.ts';

/** The settings of the alerts service. */
export const alertSettings = {
  ...kafkaSettings,
  ...logSettings,
  REPORTING_TIMEZONE: viewSettings.REPORTING_TIMEZONE,
  ALERTS_RULES: optional(text('File of rules and receivers; the shipped one when not set.')),
  ALERTS_HOST: text(
    'Address the alerts API listens on; any address but loopback requires ALERTS_TOKEN.',
    '127.0.0.1',
  ),
  ALERTS_PORT: port('Port of the alerts API, with /health, /ready and /metrics.', 8082),
  ALERTS_TOKEN: optional(
    secret(
      'What callers have to send as a bearer token: 16 characters or more. Not needed while ALERTS_HOST is loopback.',
    ),
  ),
  ALERTS_EVALUATION_INTERVAL: duration('How often the rules are evaluated.', '5s'),
  ALERTS_DASHBOARD_URL: url('The dashboard that notifications link to.', 'http://127.0.0.1:8081/'),
  ALERTS_RUNBOOK_URL: url(
    'Folder of the runbooks that notifications link to.',
    'http://127.0.0.1:8081/runbooks/',
  ),
  ALERTS_ALLOW_PRIVATE: flag(
    'Whether receivers may be at private addresses: this machine, the local network.',
    false,
  ),
  ALERTS_DELIVERY_TIMEOUT: duration(
    'How long a notification is tried before it becomes a dead letter.',
    '6h',
  ),
};

/**
 * The hours of the week and the days of the month by the clocks of a time zone.
 *
 * @throws Failure `settings.invalid`.
 */
export function calendarIn(zone: string): Calendar {
  try {
    return inZone(zone);
  } catch (cause) {
    const fix = 'give an IANA time zone such as Europe/Berlin';
    throw new Failure('settings.invalid', `REPORTING_TIMEZONE "${zone}" is not a time zone: ${fix}`, {
      cause,
    });
  }
}
