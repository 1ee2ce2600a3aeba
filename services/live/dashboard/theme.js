// @ts-check
import { byId } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

const isDark = () => {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? dark.matches : chosen === 'dark';
};

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
    document.documentElement.dataset['theme'] = chosen;
    localStorage.setItem('theme', chosen);
    name();
    onChange();
  });
  dark.addEventListener('change', () => {
    name();
    onChange();
  });
  name();
}
