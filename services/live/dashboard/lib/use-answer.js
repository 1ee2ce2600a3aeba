// @ts-check
/** Questions that a component asks. */
import { useEffect, useLayoutEffect, useState } from '/vendor/preact-hooks.js';
import { NoAnswer } from './requests.js';

/**
 * Sends a request, and sends it anew when something in `deps` has changed. Meanwhile the last answer stays. When answers
 * overtake each other, the one to the latest request is shown.
 *
 * @template Answer
 * @param {() => Promise<Answer>} question
 * @param {readonly unknown[]} deps
 * @returns {{ answer: Answer | undefined, problem: unknown, isBusy: boolean, again: () => void }} after a failure both the
 *   problem and the last answer that came
 */
export function useAnswer(question, deps) {
  const [state, setState] = useState(
    /** @returns {{ answer: Answer | undefined, problem: unknown, isBusy: boolean }} */
    () => ({ answer: undefined, problem: undefined, isBusy: true }),
  );
  const [turn, setTurn] = useState(0);
  useLayoutEffect(() => {
    let isLatest = true;
    setState((before) => ({ ...before, isBusy: true }));
    question().then(
      (answer) => isLatest && setState({ answer, problem: undefined, isBusy: false }),
      (problem) => {
        // An error that is no answer of the service is a fault of the page.
        if (!(problem instanceof NoAnswer)) reportError(problem);
        if (isLatest) setState((before) => ({ ...before, problem, isBusy: false }));
      },
    );
    return () => {
      isLatest = false;
    };
  }, [...deps, turn]);
  return { ...state, again: () => setTurn((before) => before + 1) };
}

/**
 * A number that changes every so often, to ask anew by.
 *
 * @param {number | undefined} everyMs `undefined` for never again
 * @param {boolean} [isOnlySeen] not while nobody looks at the page
 */
export function useTick(everyMs, isOnlySeen = false) {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!isOnlySeen || !document.hidden) setTick((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isOnlySeen]);
  return tick;
}
