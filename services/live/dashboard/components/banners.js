// @ts-check
import { h } from '/vendor/preact.js';
import * as format from '../lib/format.js';

/** @import { Live } from '../lib/stream.js' */

/** @typedef {{ id: string, tone: 'bad' | 'warn', what: string, effect: string }} Banner */

/**
 * What is away, and what goes on without it.
 *
 * @param {{ live: Live, zone: string }} props
 */
export function Banners({ live, zone }) {
  return h(
    'div',
    { id: 'banners', 'aria-live': 'polite' },
    bannersOf(live, zone).map(({ id, tone, what, effect }) =>
      h(
        'p',
        { key: id, class: 'banner', 'data-banner': id, 'data-tone': tone },
        h('strong', null, what),
        h('span', null, effect),
      ),
    ),
  );
}

/**
 * @param {Live} live
 * @param {string} zone
 * @returns {readonly Banner[]}
 */
function bannersOf({ isConnected, summary, pipeline }, zone) {
  const at = (/** @type {string} */ instant) =>
    format.instant(instant, zone, { hasDay: false, hasSeconds: true });
  if (!isConnected) {
    const stand = summary === undefined ? '' : ` Live figures are as of ${at(summary.as_of)}.`;
    const effect = `Trying again.${stand}`;
    return [{ id: 'live', tone: 'bad', what: 'The live service does not answer.', effect }];
  }
  return [
    summary?.ready === false && {
      id: 'starting',
      what: 'The counters are still being read.',
      effect: 'Live figures are not complete yet. History is.',
    },
    pipeline?.kafka === 'away' && {
      id: 'kafka',
      what: `Kafka does not answer${pipeline.kafka_since === null ? '' : ` since ${at(pipeline.kafka_since)}`}.`,
      effect:
        'Nothing new is counted: live figures stand still. History works; publishers keep what they have to send.',
    },
    pipeline?.clickhouse === 'away' && {
      id: 'clickhouse',
      what: 'ClickHouse does not answer.',
      effect:
        'History is away until it does. Live figures, alerts and the event rate go on, and nothing is lost: facts wait in Kafka.',
    },
    pipeline?.clickhouse === 'off' && {
      id: 'off',
      what: 'There is no history here.',
      effect: 'LIVE_CLICKHOUSE_URL is not set: only what is live is shown.',
    },
  ]
    .filter((banner) => banner !== false)
    .map((banner) => ({ ...banner, tone: 'warn' }));
}
