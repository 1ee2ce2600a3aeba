// @ts-check
import { useLayoutEffect, useRef, useState } from '/vendor/preact-hooks.js';

/**
 * The width of an element, as it changes with the page.
 *
 * @returns {{ box: { current: HTMLDivElement | null }, width: number }} `box` for the element's `ref`; `width` in pixels, 0
 *   until the element is there
 */
export function useWidth() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = () => element.clientWidth > 0 && setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}
