// @ts-check
import { h } from '/vendor/preact.js';
import * as format from '../lib/format.js';

/**
 * @import { ViewAnswer } from '../../views-api.ts'
 * @import { ViewAsked } from './view-sheet.js'
 */

/** As many values as the service lists of a dimension: there may be more. */
const listedMax = 200;

/**
 * What is shown of a view: one of its figures, and the values of its dimensions.
 *
 * @param {object} props
 * @param {ViewAnswer} props.view
 * @param {string | undefined} props.measure
 * @param {Readonly<Record<string, string>>} props.where
 * @param {Readonly<Record<string, readonly string[]>>} props.values of each dimension
 * @param {(part: Partial<ViewAsked>) => void} props.show
 */
export function Filters({ view: { measures, dimensions }, measure, where, values, show }) {
  const filter = (/** @type {string} */ dimension, /** @type {string | undefined} */ value) => {
    const { [dimension]: _before, ...others } = where;
    show({ where: value === undefined ? others : { ...others, [dimension]: value } });
  };
  return h(
    'form',
    {
      class: 'filters',
      'aria-label': 'Figure and filters',
      onSubmit: (/** @type {Event} */ event) => event.preventDefault(),
    },
    measures.length > 0 &&
      h(Choice, {
        id: 'measure',
        label: 'Figure',
        value: measure ?? '',
        options: measures.map((name) => ({ value: name, label: format.words(name) })),
        onPick: (name) => show({ measure: name }),
      }),
    dimensions.map((name) => {
      const known = values[name] ?? [];
      const chosen = where[name];
      return known.length < listedMax
        ? h(Choice, {
            key: name,
            id: `filter-${name}`,
            label: format.words(name),
            value: chosen === undefined ? '' : `=${chosen}`,
            options: [
              { value: '', label: 'all' },
              ...[...new Set([...known, ...(chosen === undefined ? [] : [chosen])])].map((value) => ({
                value: `=${value}`,
                label: value === '' ? 'none' : value,
              })),
            ],
            onPick: (value) => filter(name, value === '' ? undefined : value.slice(1)),
          })
        : h(
            'label',
            { key: name },
            format.words(name),
            h('input', {
              id: `filter-${name}`,
              value: chosen ?? '',
              placeholder: 'all',
              onChange: (/** @type {Event} */ { target }) => {
                const { value } = /** @type {HTMLInputElement} */ (target);
                filter(name, value === '' ? undefined : value);
              },
            }),
          );
    }),
  );
}

/** @param {{ id: string, label: string, value: string, options: readonly { value: string, label: string }[], onPick: (value: string) => void }} props */
function Choice({ id, label, value, options, onPick }) {
  return h(
    'label',
    null,
    label,
    h(
      'select',
      {
        id,
        value,
        onChange: (/** @type {Event} */ { target }) =>
          onPick(/** @type {HTMLSelectElement} */ (target).value),
      },
      options.map((option) => h('option', { key: option.value, value: option.value }, option.label)),
    ),
  );
}
