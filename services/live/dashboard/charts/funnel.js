// @ts-check
import { h } from '/vendor/preact.js';

/** @typedef {{ readonly label: string, readonly value: number, readonly colour: string }} Part */
/** @typedef {{ readonly label: string, readonly parts: readonly Part[], readonly text: string }} Stage */

/** The part of the width that the longest bar takes: its text stands behind it. */
const barShare = 0.72;

/**
 * What is left at each stage, from the left.
 *
 * @param {{ label: string, stages: readonly Stage[] }} props `label`: the chart in a sentence
 */
export function Funnel({ label, stages }) {
  const sumOf = (/** @type {Stage} */ { parts }) => parts.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(1, ...stages.map(sumOf));
  return h(
    'div',
    { class: 'chart funnel', role: 'img', 'aria-label': label },
    stages.map((stage, index) =>
      h(
        'div',
        { class: 'stage', key: index, title: titleOf(stage) },
        h('span', null, stage.label),
        h(
          'span',
          { class: 'bar' },
          stage.parts.map(({ label: name, value, colour }) =>
            h('i', {
              key: name,
              style: { width: `${(value / most) * barShare * 100}%`, background: `var(--${colour})` },
            }),
          ),
          h('span', { class: 'value' }, stage.text),
        ),
      ),
    ),
  );
}

/** @param {Stage} stage */
function titleOf({ parts }) {
  return parts.map(({ label, value }) => `${label}: ${value.toLocaleString('en-GB')}`).join('\n');
}
