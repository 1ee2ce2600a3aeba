// @ts-check
import { h } from '/vendor/preact.js';
import { useErrorBoundary } from '/vendor/preact-hooks.js';
import { errorText } from '../lib/requests.js';

/** @import { ComponentChildren } from '/vendor/preact.js' */

/**
 * A message in the place of figures: they are loading, or there are none.
 *
 * @param {{ children?: ComponentChildren }} props
 */
export function Message({ children }) {
  return h('div', { class: 'state' }, h('p', null, children));
}

/**
 * Why there is no answer, and a button to ask again.
 *
 * @param {{ problem: unknown, otherwise: string, again: () => void }} props `otherwise` is shown when the service gave no reason
 */
export function Problem({ problem, otherwise, again }) {
  return h(
    'div',
    { class: 'state' },
    h('p', null, errorText(problem, otherwise)),
    h('button', { type: 'button', class: 'quiet', onClick: again }, 'Try again'),
  );
}

/**
 * Catches errors of a component, so that the rest of the page works.
 *
 * @param {{ again: () => void, children?: ComponentChildren }} props
 */
export function Boundary({ again, children }) {
  const [failure, reset] = useErrorBoundary((error) => reportError(error));
  if (failure === undefined) return children;
  const retry = () => {
    reset();
    again();
  };
  return h(Problem, { problem: failure, otherwise: 'This could not be drawn.', again: retry });
}

/**
 * What stands beside figures that the filter has no effect on, so that nobody takes them for those of an owner.
 *
 * @param {{ children?: ComponentChildren }} props
 */
export function Unfiltered({ children }) {
  return h('p', { class: 'whose', 'data-all': '' }, children);
}
