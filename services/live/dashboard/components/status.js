// @ts-check
import { h } from '/vendor/preact.js';
import { useRef } from '/vendor/preact-hooks.js';
import * as format from '../lib/format.js';

/** @import { Live } from '../lib/stream.js' */

const lagMax = 1_000;

/**
 * Whether the figures move, in two words.
 *
 * @param {{ live: Live }} props
 */
export function Status({ live }) {
  const [state, text] = statusOf(live);
  const last = useRef(state);
  // A status that read out its figure every second would never let a screen reader finish.
  const isSameKind = last.current === state;
  last.current = state;
  return h(
    'p',
    { id: 'status', class: 'status', role: 'status', 'aria-live': isSameKind ? 'off' : 'polite' },
    h('span', { class: 'dot', 'data-state': state }),
    text,
  );
}

/**
 * @param {Live} live
 * @returns {readonly [state: 'good' | 'warn' | 'bad' | 'wait', text: string]}
 */
function statusOf({ isConnected, summary, pipeline }) {
  if (!isConnected) return ['bad', 'Not connected'];
  if (pipeline?.kafka === 'away') return ['bad', 'Standing still'];
  if (summary === undefined) return ['wait', 'Connecting'];
  const behind = pipeline?.processor_lag ?? 0;
  if (behind > lagMax) return ['warn', `Catching up, ${format.count(behind)} events behind`];
  const rate = pipeline?.events_per_second ?? null;
  return ['good', rate === null ? 'Live' : `Live, ${format.decimal(rate, 1)} events/s`];
}
