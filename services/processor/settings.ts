import { memberSettings } from '@tidemark/kafka/member-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { parseSupportHours, supportHoursForm } from '@tidemark/metrics/contact/support-hours';
import { opsHost, opsPort, opsToken } from '@tidemark/service/ops-server';
import {
  duration,
  flag,
  integer,
  must,
  oneOf,
  optional,
  secret,
  text,
  url,
} from '@tidemark/service/settings';
import { freeTextSettings } from '@tidemark/topics/free-text';
import { generationSettings } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { retentionSettings } from '@tidemark/topics/retention';
import { topicSettings } from '@tidemark/topics/topics';
import { tracingSettings } from '@tidemark/tracing/settings';

/** Settings that say what the metrics mean; changed, all has to be recounted: docs/runbooks/recount.md. */
export const metricSettings = {
  CART_ABANDON_AFTER: duration('How long a cart is quiet until it is abandoned.', '30m'),
  FCR_WINDOW: duration(
    'How long after a resolution a reopening takes the first-contact resolution back.',
    '7d',
  ),
  SUPPORT_HOURS: optional(
    must(
      text('When support works: views then also show times within these hours; not shown when not set.'),
      supportHoursForm,
      (hours) => parseSupportHours(hours) !== undefined,
    ),
  ),
  LAPSE_AFTER: duration('How long after the last purchase a buyer has lapsed.', '180d'),
  PAST_DUE_ENDS_AFTER: optional(
    duration(
      'How long a subscription is past due until it ends by itself, involuntarily; never when not set.',
    ),
  ),
  PAUSE_COUNTS_AS: oneOf(
    ['churn', 'kept'],
    'What pausing is for a customer who has nothing else: churn, or a contraction that keeps the customer.',
    'churn',
  ),
  REPLACEMENT_WINDOW: duration(
    "How long after the end of a customer's MRR a new start replaces it; a loss counts once that is over.",
    '0s',
  ),
};

/** All settings of the processor. */
export const processorSettings = {
  ...kafkaSettings,
  ...memberSettings,
  ...logSettings,
  ...tracingSettings,
  ...metricSettings,
  ...retentionSettings,
  ...freeTextSettings,
  ...topicSettings,
  ...generationSettings,
  APPLICATION_ID: groupSettings.APPLICATION_ID,
  STATE_DIR: text('Where local state is kept; of this instance alone.', '.tidemark/state'),
  CACHE_BYTES: integer('About what entities kept in memory take, over all partitions; in bytes.', 4_000_000, {
    min: 1_000_000,
  }),
  STORE_BUFFER_BYTES: integer(
    'What the stores on disk keep in memory until it is written, over all partitions; in bytes. Twice as much while it is written, and a quarter for reads.',
    48_000_000,
    { min: 1_000_000 },
  ),
  COUNTERS_KEPT: duration(
    'How long live counters are kept by quarter hours; older ones are kept as one sum. Longer than any alert looks back.',
    '100d',
  ),
  COMMIT_INTERVAL: duration(
    'The longest time between two transactions of a partition while it keeps up: of a trickle, which is committed at ticks of the clock; a third of it, or less, where a hundred events wait. A longer one costs Kafka less and makes counters later.',
    '500ms',
  ),
  GROUP_BUSY_TIMEOUT: duration(
    'How long this instance may be busy with one piece of work, such as a very long history, before it loses its partitions.',
    '5m',
  ),
  PROCESSOR_PASSES_OVER_DELETED: flag(
    'Whether to go on behind events that Kafka has deleted before they were counted; they never count. For one start.',
    false,
  ),
  PROCESSOR_CLICKHOUSE_URL: optional(
    url(
      'Where ClickHouse answers, so that its facts are verified: those of some entities at a time are compared with their events, folded anew. Nothing is written there; not verified when not set.',
    ),
  ),
  PROCESSOR_CLICKHOUSE_USER: text('Who reads the tables of facts there.', 'explain'),
  PROCESSOR_CLICKHOUSE_PASSWORD: secret('The password of that user.', ''),
  PROCESSOR_VERIFY_INTERVAL: duration(
    'How long the processor waits between two such checks, of 20 entities at most; twenty times as long as the last one took at least.',
    '1m',
  ),
  PROCESSOR_PORT: opsPort('processor'),
  PROCESSOR_HOST: opsHost('processor'),
  PROCESSOR_TOKEN: opsToken('processor'),
};
