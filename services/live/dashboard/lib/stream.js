// @ts-check
/** What comes by server-sent events. */
import { useEffect, useState } from '/vendor/preact-hooks.js';

/**
 * @import { PipelineState } from '../../pipeline-watch.ts'
 * @import { Summary } from '../../summary.ts'
 */

/**
 * What is known of this moment.
 *
 * @typedef {object} Live
 * @property {boolean} isConnected whether the stream is open
 * @property {(Summary & { ready?: boolean }) | undefined} summary the latest, `undefined` until the first
 * @property {PipelineState | undefined} pipeline
 */

const retryMs = 3_000;

/**
 * Listens as long as the component is there; connects again by itself.
 *
 * @returns {Live}
 */
export function useLive() {
  const [live, setLive] = useState(
    /** @returns {Live} */ () => ({ isConnected: true, summary: undefined, pipeline: undefined }),
  );
  useEffect(() => listen((part) => setLive((before) => ({ ...before, ...part }))), []);
  return live;
}

/**
 * @param {(part: Partial<Live>) => void} take
 * @returns {() => void} ends it
 */
function listen(take) {
  const source = new EventSource('/v1/stream');
  let end = () => source.close();
  source.addEventListener('open', () => take({ isConnected: true }));
  source.addEventListener('error', () => {
    take({ isConnected: false });
    // The browser tries again by itself after a broken line, but not after an answer it did not like.
    if (source.readyState !== EventSource.CLOSED) return;
    const timer = setTimeout(() => {
      end = listen(take);
    }, retryMs);
    end = () => clearTimeout(timer);
  });
  source.addEventListener('summary', ({ data }) => take({ summary: JSON.parse(data) }));
  source.addEventListener('pipeline', ({ data }) => {
    const pipeline = JSON.parse(data);
    if (pipeline !== null) take({ pipeline });
  });
  return () => end();
}
