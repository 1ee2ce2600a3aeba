// @ts-check
/** The period, the currency, the zone and the customers that are shown. */
import { h } from '/vendor/preact.js';
import { useLayoutEffect, useRef, useState } from '/vendor/preact-hooks.js';
import { lastAgainst, presets } from '../lib/period.js';
import { getJson } from '../lib/requests.js';
import { useAnswer, useTick } from '../lib/use-answer.js';
import { ThemeButton } from './theme.js';

/**
 * @import { FiltersRow } from '../../history-rows.ts'
 * @import { Shown, Wanted } from '../lib/address.js'
 * @import { Filter } from '../lib/filter.js'
 * @import { ThemeName } from './theme.js'
 */

const filtersEveryMs = 60_000;

/** @typedef {(part: Partial<Wanted>) => void} Want */

/**
 * @typedef {object} ControlsProps
 * @property {Shown | undefined} shown `undefined` until it is known what there is
 * @property {readonly string[]} currencies to choose from
 * @property {readonly string[]} zones to choose from, the reporting zone first
 * @property {string | undefined} against what is compared with, as the reader wants it
 * @property {Filter} filter
 * @property {() => void} openCatalogue
 * @property {Want} onWant
 * @property {ThemeName} theme
 * @property {() => void} onTheme
 */

/** @param {ControlsProps} props */
export function Controls(props) {
  const { shown, currencies, zones, against, filter, openCatalogue, onWant, theme, onTheme } = props;
  return h(
    'form',
    {
      class: 'controls',
      'aria-label': 'What is shown',
      onSubmit: (/** @type {Event} */ event) => event.preventDefault(),
    },
    h(Presets, { preset: shown?.preset, onWant }),
    h(Dates, { from: shown?.from ?? '', to: shown?.to ?? '', onWant }),
    h(Against, { shown, against, onWant }),
    h(Pick, {
      id: 'currency',
      label: 'Currency',
      options: currencies.map((name) => ({ value: name, label: name })),
      value: shown?.currency ?? '',
      onPick: (currency) => onWant({ currency }),
    }),
    h(Pick, {
      id: 'zone',
      label: 'Zone of times',
      options: zones.map((name) => ({ value: name, label: `Times in ${name}` })),
      value: shown?.zone ?? '',
      onPick: (zone) => onWant({ zone: zone === zones[0] ? undefined : zone }),
    }),
    h(Customers, { filter, onWant }),
    h('button', { type: 'button', class: 'quiet', id: 'all-metrics', onClick: openCatalogue }, 'All metrics'),
    h(ThemeButton, { theme, onTurn: onTheme }),
  );
}

/** @param {{ preset: string | undefined, onWant: Want }} props */
function Presets({ preset, onWant }) {
  return h(
    'fieldset',
    { class: 'segments', id: 'presets' },
    h('legend', { class: 'hidden' }, 'Period'),
    presets.map(({ name, label }) =>
      h(
        'label',
        { key: name },
        h('input', {
          type: 'radio',
          name: 'preset',
          value: name,
          checked: name === preset,
          onChange: () => onWant({ preset: name }),
        }),
        label,
      ),
    ),
  );
}

/** @param {{ from: string, to: string, onWant: Want }} props */
function Dates({ from, to, onWant }) {
  const fields = {
    from: useRef(/** @type {HTMLInputElement | null} */ (null)),
    to: useRef(/** @type {HTMLInputElement | null} */ (null)),
  };
  // What is being typed is not shown yet: half a date is none.
  const [typed, setTyped] = useState({ from, to });
  useLayoutEffect(() => {
    setTyped({ from, to });
    fields.to.current?.setCustomValidity('');
  }, [from, to]);
  const read = () => ({ from: fields.from.current?.value ?? '', to: fields.to.current?.value ?? '' });
  const commit = () => {
    const days = read();
    if (days.from === '' || days.to === '') return;
    fields.to.current?.setCustomValidity(days.to < days.from ? 'The last day is before the first.' : '');
    const isValid = fields.to.current?.reportValidity() ?? false;
    if (isValid && (days.from !== from || days.to !== to)) onWant({ preset: undefined, ...days });
  };
  const field = (/** @type {'from' | 'to'} */ name, /** @type {string} */ label) => [
    h('label', { class: 'hidden', for: name }, label),
    h('input', {
      type: 'date',
      id: name,
      required: true,
      value: typed[name],
      ref: fields[name],
      onInput: () => setTyped(read()),
      onChange: commit,
    }),
  ];
  return h(
    'div',
    { class: 'dates' },
    field('from', 'From'),
    h('span', { 'aria-hidden': 'true' }, '–'),
    field('to', 'To'),
  );
}

/**
 * What is compared with.
 *
 * @param {{ shown: Shown | undefined, against: string | undefined, onWant: Want }} props
 */
function Against({ shown, against, onWant }) {
  const last = shown === undefined ? '' : lastAgainst(shown);
  const isDay = against !== undefined && against !== 'year';
  const turn = (/** @type {string} */ choice) =>
    onWant({ against: choice === 'before' ? undefined : choice === 'day' ? last : choice });
  return [
    h(Pick, {
      key: 'against',
      id: 'against',
      label: 'Compared with',
      options: [
        { value: 'before', label: 'Against the period before' },
        { value: 'year', label: 'Against a year before' },
        { value: 'day', label: 'Against days from' },
      ],
      value: isDay ? 'day' : (against ?? 'before'),
      onPick: turn,
    }),
    isDay &&
      h('input', {
        key: 'against-day',
        type: 'date',
        id: 'against-day',
        'aria-label': 'First day compared with',
        required: true,
        max: last,
        value: against,
        onChange: (/** @type {Event} */ { target }) => {
          const field = /** @type {HTMLInputElement} */ (target);
          if (field.reportValidity()) onWant({ against: field.value });
        },
      }),
  ];
}

/**
 * Whose customers are shown; nothing where no customer has an owner or a segment.
 *
 * @param {{ filter: Filter, onWant: Want }} props
 */
function Customers({ filter, onWant }) {
  const tick = useTick(filtersEveryMs, true);
  const { answer } = useAnswer(
    /** @returns {Promise<FiltersRow>} */
    () => getJson('/v1/history/filters', { expects: ['owners', 'segments'] }),
    [tick],
  );
  const pick = (/** @type {'owner' | 'segment'} */ name, /** @type {readonly string[]} */ known) => {
    const chosen = filter[name];
    const values = [...new Set(chosen === undefined ? known : [...known, chosen])];
    return (
      values.some((value) => value !== '') &&
      h(Pick, {
        key: name,
        id: name,
        label: `${name === 'owner' ? 'Owner' : 'Segment'} of customers`,
        options: [
          { value: '', label: `All ${name}s` },
          ...values.map((value) => ({ value: `=${value}`, label: value === '' ? `No ${name}` : value })),
        ],
        value: chosen === undefined ? '' : `=${chosen}`,
        onPick: (value) =>
          onWant({ filter: { ...filter, [name]: value === '' ? undefined : value.slice(1) } }),
      })
    );
  };
  return [pick('owner', answer?.owners ?? []), pick('segment', answer?.segments ?? [])];
}

/** @param {{ id: string, label: string, options: readonly { value: string, label: string }[], value: string, onPick: (value: string) => void }} props */
function Pick({ id, label, options, value, onPick }) {
  return h(
    'label',
    { class: 'pick' },
    h('span', { class: 'hidden' }, label),
    h(
      'select',
      {
        id,
        value,
        disabled: options.length === 0,
        onChange: (/** @type {Event} */ { target }) =>
          onPick(/** @type {HTMLSelectElement} */ (target).value),
      },
      options.map((option) => h('option', { key: option.value, value: option.value }, option.label)),
    ),
  );
}
