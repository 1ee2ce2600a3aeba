// @ts-check
import { byId, h } from './dom.js';
import * as format from './format.js';

/** @import { PipelineState } from '../pipeline-watch.ts' */

/**
 * What is away, and what goes on without it.
 *
 * @param {object} how
 * @param {boolean} how.isConnected whether the stream is open
 * @param {boolean} how.isReady whether the counters are read
 * @param {string | undefined} how.heardAt of the last summary
 * @param {PipelineState | undefined} how.pipeline
 * @param {string} how.zone
 */
export function showBanners({ isConnected, isReady, heardAt, pipeline, zone }) {
  const at = heardAt === undefined ? '' : format.instant(heardAt, zone, { hasDay: false, hasSeconds: true });
  /** @type {[string, string, string][]} id, what, then */
  const banners = [];
  if (!isConnected) {
    const stand = at === '' ? '' : ` Live figures stand as of ${at}.`;
    banners.push(['live', 'The live service does not answer.', `Trying again.${stand}`]);
  } else {
    if (!isReady)
      banners.push([
        'starting',
        'The counters are still being read.',
        'Live figures are not whole yet; history is.',
      ]);
    if (pipeline?.kafka === 'away') {
      const since =
        pipeline.kafka_since === null
          ? ''
          : ` since ${format.instant(pipeline.kafka_since, zone, { hasDay: false, hasSeconds: true })}`;
      banners.push([
        'kafka',
        `Kafka does not answer${since}.`,
        'Nothing new is counted: live figures stand still. History works; publishers keep what they have to send.',
      ]);
    }
    if (pipeline?.clickhouse === 'away')
      banners.push([
        'clickhouse',
        'ClickHouse does not answer.',
        'History is away until it does. Live figures, alerts and the event rate go on, and nothing is lost: facts wait in Kafka.',
      ]);
    if (pipeline?.clickhouse === 'off')
      banners.push([
        'off',
        'There is no history here.',
        'LIVE_CLICKHOUSE_URL is not set: only what is live is shown.',
      ]);
  }
  const box = byId('banners');
  const key = JSON.stringify(banners);
  if (box.dataset['key'] === key) return;
  box.dataset['key'] = key;
  box.replaceChildren(
    ...banners.map(([id, what, then]) =>
      h(
        'p',
        { class: 'banner', 'data-banner': id, 'data-tone': id === 'live' ? 'bad' : 'warn' },
        h('strong', {}, what),
        then,
      ),
    ),
  );
}
