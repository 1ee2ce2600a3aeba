// @ts-check
/** The period, the currency and the zone that are shown; they stand in the address, so that a view can be sent to others. */
import { byId, h } from './dom.js';
import { presetDays, presets } from './period.js';

/** @typedef {{ from: string, to: string, preset: string | undefined, currency: string, zone: string }} Shown */

/**
 * @param {object} options
 * @param {string} options.today in the reporting zone
 * @param {string} options.reportingZone
 * @param {readonly string[]} options.currencies the first is taken when none was chosen
 * @param {(shown: Shown) => void} options.onChange
 * @returns {{ shown: () => Shown, setCurrencies: (currencies: readonly string[]) => void, setToday: (today: string) => void }}
 */
export function startControls({ today, reportingZone, currencies, onChange }) {
  const from = /** @type {HTMLInputElement} */ (byId('from'));
  const to = /** @type {HTMLInputElement} */ (byId('to'));
  const currency = /** @type {HTMLSelectElement} */ (byId('currency'));
  const zone = /** @type {HTMLSelectElement} */ (byId('zone'));
  const given = new URLSearchParams(location.search);
  let day = today;
  /** @type {string | undefined} */
  let preset = given.get('period') ?? '30d';

  const isDay = (/** @type {string | null} */ text) => text !== null && /^\d{4}-\d\d-\d\d$/.test(text);
  if (isDay(given.get('from')) && isDay(given.get('to'))) {
    preset = undefined;
    from.value = given.get('from') ?? '';
    to.value = given.get('to') ?? '';
  } else if (presetDays(preset, day) === undefined) preset = '30d';

  byId('presets').append(
    ...presets.map(({ name, label }) =>
      h(
        'label',
        {},
        h('input', { type: 'radio', name: 'preset', value: name, onchange: () => choose(name) }),
        label,
      ),
    ),
  );
  zone.append(
    ...[...new Set([reportingZone, Intl.DateTimeFormat().resolvedOptions().timeZone, 'UTC'])].map((name) =>
      h('option', { value: name }, `Times in ${name}`),
    ),
  );
  const wanted = given.get('zone');
  if ([...zone.options].some(({ value }) => value === wanted)) zone.value = wanted ?? reportingZone;

  const shown = () => ({
    from: from.value,
    to: to.value,
    preset,
    currency: currency.value,
    zone: zone.value,
  });
  const setDays = () => {
    const days = preset === undefined ? undefined : presetDays(preset, day);
    if (days !== undefined) [from.value, to.value] = [days.from, days.to];
    for (const radio of document.querySelectorAll('input[name=preset]')) {
      const one = /** @type {HTMLInputElement} */ (radio);
      one.checked = one.value === preset;
    }
  };
  const changed = () => {
    const state = shown();
    const query = new URLSearchParams(
      preset === undefined ? { from: state.from, to: state.to } : { period: preset },
    );
    if (state.currency !== '') query.set('currency', state.currency);
    if (state.zone !== reportingZone) query.set('zone', state.zone);
    history.replaceState(null, '', `?${query}`);
    onChange(state);
  };
  const choose = (/** @type {string} */ name) => {
    preset = name;
    setDays();
    changed();
  };
  const days = () => {
    if (from.value === '' || to.value === '') return;
    to.setCustomValidity(to.value < from.value ? 'The last day is before the first.' : '');
    if (!to.reportValidity()) return;
    preset = undefined;
    setDays();
    changed();
  };
  from.addEventListener('change', days);
  to.addEventListener('change', days);
  currency.addEventListener('change', changed);
  zone.addEventListener('change', changed);
  byId('controls').addEventListener('submit', (event) => event.preventDefault());
  setDays();

  const setCurrencies = (/** @type {readonly string[]} */ names) => {
    const current = currency.value || given.get('currency');
    currency.replaceChildren(...names.map((name) => h('option', { value: name }, name)));
    currency.value = names.includes(current ?? '') ? (current ?? '') : (names[0] ?? '');
    currency.disabled = names.length < 2;
  };
  setCurrencies(currencies);
  return {
    shown,
    setCurrencies,
    /** A page that stays open overnight goes on to the new day. */
    setToday(next) {
      if (next === day) return;
      day = next;
      if (preset === undefined) return;
      setDays();
      onChange(shown());
    },
  };
}
