// @ts-check
import { h } from '/vendor/preact.js';
import { useContext, useState } from '/vendor/preact-hooks.js';
import * as format from '../lib/format.js';
import { linkButton } from '../panels/spec.js';
import { Catalogue } from './catalogue.js';
import { Message } from './message.js';
import { Sheet } from './sheet.js';

/**
 * @import { ViewAnswer } from '../../views-api.ts'
 * @import { SheetProps } from './drill.js'
 */

/**
 * Every view there is, to be found by its words or those of its figures.
 *
 * @param {SheetProps & { first: string }} props `first`: the words searched for at first
 */
export function CatalogueSheet({ first, onBack, onClose, open, turn }) {
  const { views } = useContext(Catalogue);
  const [words, setWords] = useState(first);
  const found = [...views.values()].filter((view) => says(view, words));
  const groups = [...new Set(found.map(({ group }) => group))];
  return h(
    Sheet,
    { title: 'All metrics', sub: `${found.length} of ${views.size} views`, onBack, onClose },
    h(
      'p',
      { class: 'search' },
      h('label', { for: 'search' }, 'Search'),
      h('input', {
        id: 'search',
        type: 'search',
        value: words,
        onInput: (/** @type {Event} */ { target }) => {
          const { value } = /** @type {HTMLInputElement} */ (target);
          setWords(value);
          turn({ catalogue: value });
        },
      }),
    ),
    found.length === 0
      ? h(Message, null, views.size === 0 ? 'Loading' : 'No view says so. Search for another word.')
      : h(
          'div',
          { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Views' },
          groups.map((group) => [
            h('h3', { key: group }, group),
            h(
              'ul',
              { class: 'views', key: `${group} views` },
              found
                .filter((view) => view.group === group)
                .map((view) =>
                  h(Entry, { key: view.view, view, onPick: () => open({ view: { view: view.view } }) }),
                ),
            ),
          ]),
        ),
  );
}

/** @param {{ view: ViewAnswer, onPick: () => void }} props */
function Entry({ view: { view, title, period, dimensions }, onPick }) {
  const by = [...(period === null ? [] : [period.grain]), ...dimensions.map(format.words)].join(', ');
  const inReporting = view.endsWith('_reporting') ? ', in the reporting currency' : '';
  return h(
    'li',
    null,
    h('span', null, linkButton(`${title}${inReporting}`, onPick), by !== '' && h('small', null, ` by ${by}`)),
    h('code', null, view),
  );
}

/**
 * @param {ViewAnswer} view
 * @param {string} words all of which it has to have
 */
function says({ view, title, meaning, columns }, words) {
  const text = [view, title, meaning, ...columns.map(({ name }) => name)].join(' ').toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
