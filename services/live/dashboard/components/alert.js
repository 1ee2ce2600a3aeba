// @ts-check
/** One alert with its timeline, and what one can do about it. */
import { h } from '/vendor/preact.js';
import { useState } from '/vendor/preact-hooks.js';
import { change, errorText } from '../lib/requests.js';
import * as format from '../lib/format.js';

/** @typedef {'count' | 'money' | 'share' | 'points' | 'duration'} Unit What an alert's value is; money is in micros. */

/**
 * An alert as the alerts service returns it; instants are ISO 8601.
 *
 * @typedef {object} AlertData
 * @property {string} id
 * @property {string} rule
 * @property {Record<string, string>} labels
 * @property {'page' | 'ticket'} severity
 * @property {'pending' | 'firing' | 'resolved'} status
 * @property {{ from: string, to: string, unit: Unit, value: number, expected: number, below: boolean }} worst
 * @property {readonly { dimension: string, value: string, amount: number }[]} contributors
 * @property {readonly string[]} customers
 * @property {string} pendingAt
 * @property {string | null} firedAt
 * @property {'ended' | 'retracted' | null} outcome
 * @property {{ by: string } | null} acknowledged
 * @property {readonly { at: string, text: string }[]} timeline
 */
/** @typedef {{ name: string, title: string, runbook: string, suppressed: string | null }} Rule */

/**
 * @typedef {object} AlertProps
 * @property {AlertData} alert
 * @property {Rule | undefined} rule
 * @property {boolean} isOpenAtFirst
 * @property {string} zone
 * @property {(id: string) => void} openCustomer
 * @property {() => void} onChanged
 */

const customersMax = 12;
const contributorsMax = 6;
const microsOfUnit = 1_000_000;

/** @param {AlertProps} props */
export function Alert({ alert, rule, isOpenAtFirst, zone, openCustomer, onChanged }) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  const turn = (/** @type {Event} */ event) => {
    event.preventDefault();
    setIsOpen(!isOpen);
  };
  return h(
    'li',
    null,
    h(
      'details',
      { open: isOpen },
      h('summary', { onClick: turn }, h(Summary, { alert, rule, zone })),
      h(Contributors, { alert }),
      h(Customers, { customers: alert.customers, openCustomer }),
      h(
        'ol',
        { class: 'timeline', 'aria-label': 'Timeline' },
        alert.timeline.map(({ at, text }) =>
          h(
            'li',
            { key: at + text },
            h('time', { dateTime: at }, format.instant(at, zone)),
            ` ${format.instantsIn(text, zone)}`,
          ),
        ),
      ),
      h(Actions, { alert, rule, onChanged }),
    ),
  );
}

/** @param {{ alert: AlertData, rule: Rule | undefined, zone: string }} props */
function Summary({ alert, rule, zone }) {
  const { labels, severity, status, worst, acknowledged, outcome } = alert;
  const isFiring = status === 'firing';
  const tone = isFiring ? (severity === 'page' ? 'bad' : 'warn') : undefined;
  const of = Object.entries(labels).map(([label, value]) => `${format.words(label)} ${value || 'unknown'}`);
  return [
    h('span', { class: 'tag', 'data-tone': tone }, isFiring ? severity : (outcome ?? status)),
    h('h3', null, rule?.title ?? format.words(alert.rule)),
    of.length > 0 && h('span', { class: 'of' }, of.join(', ')),
    h(
      'span',
      { class: 'alert-text' },
      `${valueOf(worst.value, alert)} since ${format.instant(worst.from, zone)}, usually ${valueOf(worst.expected, alert)}`,
    ),
    acknowledged && h('span', { class: 'tag' }, `${acknowledged.by} is on it`),
  ];
}

/** @param {{ alert: AlertData }} props */
function Contributors({ alert }) {
  if (alert.contributors.length === 0) return null;
  const parts = alert.contributors
    .slice(0, contributorsMax)
    .map(
      ({ dimension, value, amount }) =>
        `${format.words(dimension)} ${value || 'unknown'}: ${valueOf(amount, alert)}`,
    );
  return h('p', { class: 'alert-text' }, `Mostly ${parts.join(', ')}.`);
}

/** @param {{ customers: readonly string[], openCustomer: (id: string) => void }} props */
function Customers({ customers, openCustomer }) {
  if (customers.length === 0) return null;
  const more = customers.length - customersMax;
  return h(
    'p',
    { class: 'alert-text' },
    'Customers: ',
    customers
      .slice(0, customersMax)
      .map((id, index) => [
        index > 0 ? ', ' : '',
        h('button', { type: 'button', class: 'link', onClick: () => openCustomer(id) }, id),
      ]),
    more > 0 ? ` and ${more} more` : '',
    '.',
  );
}

/** @param {{ alert: AlertData, rule: Rule | undefined, onChanged: () => void }} props */
function Actions({ alert: { id, rule: name, labels, status, acknowledged }, rule, onChanged }) {
  const [problem, setProblem] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const acting = (/** @type {() => Promise<void>} */ act) => async () => {
    setIsBusy(true);
    setProblem('');
    try {
      await act();
      onChanged();
    } catch (error) {
      setProblem(errorText(error, 'That did not work.'));
    }
    setIsBusy(false);
  };
  const button = (/** @type {string} */ label, /** @type {() => Promise<void>} */ act) =>
    h('button', { type: 'button', class: 'quiet', disabled: isBusy, onClick: acting(act) }, label);
  const acknowledge = () =>
    change('POST', `/v1/alerts/${encodeURIComponent(id)}/ack`, { by: 'dashboard', note: '' });
  const silence = (/** @type {number} */ hours) => () =>
    change('POST', '/v1/silences', {
      rule: name,
      labels,
      for: `${hours}h`,
      by: 'dashboard',
      reason: 'Silenced on the dashboard.',
    });
  return h(
    'div',
    { class: 'actions' },
    status !== 'resolved' && [
      acknowledged === null && button('I am on it', acknowledge),
      button('Silence for 1 h', silence(1)),
      button('for 8 h', silence(8)),
      button('for 24 h', silence(24)),
    ],
    rule && h('a', { href: `/runbooks/${rule.runbook}` }, 'Runbook'),
    problem !== '' && h('span', { class: 'failure', role: 'alert' }, problem),
  );
}

/**
 * A value as its unit has it.
 *
 * @param {number} value
 * @param {AlertData} alert
 */
function valueOf(value, { worst: { unit }, labels: { currency } }) {
  switch (unit) {
    case 'money':
      return currency === undefined
        ? format.count(value / microsOfUnit)
        : format.money(value / microsOfUnit, currency);
    case 'share':
      return format.percent(value);
    case 'duration':
      return format.duration(value / 1_000);
    case 'points':
      return `${format.decimal(value, 1)} points`;
    case 'count':
      if (value > 0 && value < 1) return 'less than 1';
      return format.decimal(value, value < 10 && !Number.isInteger(value) ? 1 : 0);
  }
}
