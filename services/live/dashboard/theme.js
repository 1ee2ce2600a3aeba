// @ts-check
import { byId } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

const page = document.documentElement.dataset;
const isDark = () => page['theme'] === 'dark';

/**
 * The button that changes between light and dark; what was chosen is kept by the browser.
 *
 * @param {() => void} onChange
 */
export function startTheme(onChange) {
  const button = byId('theme');
  const name = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  };
  button.addEventListener('click', () => {
    const chosen = isDark() ? 'light' : 'dark';
    page['theme'] = chosen;
    localStorage.setItem('theme', chosen);
    name();
    onChange();
  });
  dark.addEventListener('change', () => {
    if (localStorage.getItem('theme') !== null) return;
    page['theme'] = dark.matches ? 'dark' : 'light';
    name();
    onChange();
  });
  name();
}
