// @ts-check
import { h } from '/vendor/preact.js';
import { useContext, useState } from '/vendor/preact-hooks.js';
import { csvOf } from '../lib/csv.js';
import * as format from '../lib/format.js';
import { keep, pictureOf } from '../lib/save.js';
import { Catalogue } from './catalogue.js';

/**
 * Buttons that keep what is shown: as a file of exact figures, and as a picture.
 *
 * @param {{ id: string, name?: string, title: string, rows: () => readonly object[] }} props `id` of the element that the picture is of;
 *   `name` of the files; `rows` of the one with figures
 */
export function Save({ id, name: what = id, title, rows }) {
  const { shown } = useContext(Catalogue);
  const [problem, setProblem] = useState('');
  const days = shown === undefined ? [] : [shown.from, shown.to, shown.currency];
  const name = ['tidemark', what, ...days].join('-');
  const caption =
    shown === undefined
      ? 'tidemark'
      : `${format.fullDay(shown.from)} to ${format.fullDay(shown.to)}, ${shown.currency} · tidemark`;
  const savePng = () => {
    const element = document.getElementById(id);
    if (element === null) return;
    setProblem('');
    pictureOf(element, caption).then(
      (picture) => keep(`${name}.png`, picture),
      (error) => {
        reportError(error);
        setProblem('The picture could not be drawn.');
      },
    );
  };
  const saveCsv = () => keep(`${name}.csv`, new Blob([csvOf(rows())], { type: 'text/csv' }));
  const button = (/** @type {string} */ label, /** @type {() => void} */ onClick) =>
    h('button', { type: 'button', class: 'save', 'aria-label': `${label}: ${title}`, onClick }, label);
  return [
    button('CSV', saveCsv),
    button('PNG', savePng),
    problem !== '' && h('span', { class: 'failure', role: 'alert' }, problem),
  ];
}
