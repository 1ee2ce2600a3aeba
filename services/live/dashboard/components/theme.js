// @ts-check
import { createContext, h } from '/vendor/preact.js';
import { useEffect, useState } from '/vendor/preact-hooks.js';

/** @typedef {'light' | 'dark'} ThemeName */

const system = matchMedia('(prefers-color-scheme: dark)');
const page = document.documentElement.dataset;

/** The theme that is on, for what is drawn with colours that are read from it. */
export const Theme = createContext(/** @type {ThemeName} */ ('light'));

/**
 * The theme: that of the system until the reader has chosen one, which the browser keeps.
 *
 * @returns {{ theme: ThemeName, turn: () => void }}
 */
export function useTheme() {
  const [theme, setTheme] = useState(
    /** @returns {ThemeName} */ () => (page['theme'] === 'dark' ? 'dark' : 'light'),
  );
  const take = (/** @type {ThemeName} */ name) => {
    page['theme'] = name;
    setTheme(name);
  };
  useEffect(() => {
    const follow = () => {
      if (localStorage.getItem('theme') === null) take(system.matches ? 'dark' : 'light');
    };
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, []);
  const turn = () => {
    const chosen = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('theme', chosen);
    take(chosen);
  };
  return { theme, turn };
}

/** @param {{ theme: ThemeName, onTurn: () => void }} props */
export function ThemeButton({ theme, onTurn }) {
  const other = theme === 'dark' ? 'Light' : 'Dark';
  const label = `Use ${other.toLowerCase()} colours`;
  return h(
    'button',
    { type: 'button', class: 'quiet', id: 'theme', 'aria-label': label, onClick: onTurn },
    other,
  );
}
