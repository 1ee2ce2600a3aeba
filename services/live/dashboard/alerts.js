// @ts-check
/** The alerts with their timelines, and what one can do about them. */
import { ask, NoAnswer } from './ask.js';
import { h } from './dom.js';
import * as format from './format.js';

/** @typedef {'count' | 'money' | 'share' | 'points' | 'duration'} Unit What an alert's value is; money is in micros. */

/**
 * An alert as the alerts service returns it; instants are ISO 8601.
 *
 * @typedef {object} Alert
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
/** @typedef {{ id: string, rule: string, labels: Record<string, string>, until: string, by: string }} Silence */

const everyMs = 10_000;
const askedMax = 100;
const shownMax = 12;
const microsOfUnit = 1_000_000;

/**
 * @param {object} with_
 * @param {() => string} with_.zone
 * @param {(id: string) => void} with_.openCustomer
 */
export function createAlerts({ zone, openCustomer }) {
  const content = h('div', { 'aria-live': 'polite' });
  const title = h('h2', { id: 'alerts-title' }, 'Alerts');
  const element = h(
    'section',
    { class: 'panel', id: 'alerts', 'data-span': 12, 'aria-labelledby': 'alerts-title', 'aria-busy': 'true' },
    h('header', {}, title),
    content,
  );
  let last = '';
  /** What the reader has opened and closed, by alert. @type {Map<string, boolean>} */
  const opened = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  async function refresh() {
    try {
      /** @type {{ alerts: Alert[] }} */
      const { alerts } = await ask('/v1/alerts', { query: { limit: askedMax } });
      /** @type {[{ rules: Rule[] }, { silences: Silence[] }]} */
      const [{ rules }, { silences }] = await Promise.all([ask('/v1/rules'), ask('/v1/silences')]);
      const text = JSON.stringify([alerts, rules, silences, zone()]);
      // Drawing the same anew would close what the reader has opened.
      if (text !== last) show(alerts, rules, silences);
      last = text;
    } catch (error) {
      last = '';
      const message = error instanceof NoAnswer ? error.message : 'The alerts could not be read.';
      content.replaceChildren(h('p', { class: 'note' }, message));
      // There will be none until the live service is started anew.
      if (error instanceof NoAnswer && error.code === 'alerts.off') clearInterval(timer);
    }
    element.setAttribute('aria-busy', 'false');
  }

  /**
   * @param {Alert[]} all
   * @param {Rule[]} rules
   * @param {Silence[]} silences
   */
  function show(all, rules, silences) {
    const sorted = all.toSorted((a, b) => gravity(b) - gravity(a) || beganAt(b) - beganAt(a));
    const firing = sorted.filter(({ status }) => status === 'firing').length;
    title.replaceChildren('Alerts', h('small', {}, firing > 0 ? `${firing} firing` : 'nothing is firing'));
    const suppressed = rules.filter((rule) => rule.suppressed !== null);
    const inForce = silences.filter(({ until }) => Date.parse(until) > Date.now());
    const watched = `${rules.length} rules watch the counters${suppressed.length > 0 ? `; ${suppressed.length} are suppressed: ${suppressed[0]?.suppressed}` : ''}.`;
    content.replaceChildren(
      ...(sorted.length === 0
        ? [h('p', { class: 'note' }, `No alert in the last 90 days. ${watched}`)]
        : [
            h(
              'ol',
              { class: 'alerts' },
              sorted
                .slice(0, shownMax)
                .map((alert, index) => itemOf(alert, rules, index === 0 && alert.status === 'firing')),
            ),
            h('p', { class: 'note' }, watched),
          ]),
      ...inForce.map(silenceOf),
    );
  }

  /** @param {Silence} silence */
  function silenceOf({ id, rule, labels, until, by }) {
    const of = Object.values(labels).join(', ');
    const end = h('button', { type: 'button', class: 'link' }, 'End it');
    end.onclick = async () => {
      end.disabled = true;
      await ask(`/v1/silences/${encodeURIComponent(id)}`, { method: 'DELETE' }).catch(() => undefined);
      await refresh();
    };
    const what = rule === '*' ? 'Everything' : format.words(rule);
    return h(
      'p',
      { class: 'note' },
      `${what}${of === '' ? '' : ` (${of})`} is silenced by ${by} until ${format.instant(until, zone())}. `,
      end,
    );
  }

  /**
   * @param {Alert} episode
   * @param {Rule[]} rules
   * @param {boolean} isFirst
   */
  function itemOf(episode, rules, isFirst) {
    const known = rules.find(({ name }) => name === episode.rule);
    const { rule, labels, severity, status, worst, contributors, customers, timeline, acknowledged } =
      episode;
    const tone = status === 'firing' ? (severity === 'page' ? 'bad' : 'warn') : undefined;
    const name = known?.title ?? format.words(rule);
    const of = Object.entries(labels).map(([label, value]) => `${format.words(label)} ${value || 'unknown'}`);
    const write = (/** @type {number} */ value) => valueOf(value, worst.unit, labels['currency']);
    const sentence = `${write(worst.value)} since ${format.instant(worst.from, zone())}, usually ${write(worst.expected)}`;
    const details = h(
      'details',
      { open: opened.get(episode.id) ?? isFirst },
      h(
        'summary',
        {},
        h(
          'span',
          { class: 'tag', 'data-tone': tone },
          status === 'firing' ? severity : (episode.outcome ?? status),
        ),
        h('h3', {}, name),
        of.length > 0 ? h('span', { class: 'of' }, of.join(', ')) : null,
        h('span', { class: 'alert-text' }, sentence),
        acknowledged ? h('span', { class: 'tag' }, `${acknowledged.by} is on it`) : null,
      ),
      contributors.length > 0
        ? h(
            'p',
            { class: 'alert-text' },
            `Mostly ${contributors
              .slice(0, 6)
              .map(
                ({ dimension, value, amount }) =>
                  `${format.words(dimension)} ${value || 'unknown'}: ${write(amount)}`,
              )
              .join(', ')}.`,
          )
        : null,
      customers.length > 0 ? customersOf(customers) : null,
      h(
        'ol',
        { class: 'story', 'aria-label': 'Timeline' },
        timeline.map(({ at, text }) =>
          h(
            'li',
            {},
            h('time', { datetime: at }, format.instant(at, zone())),
            ` ${format.instantsIn(text, zone())}`,
          ),
        ),
      ),
      h(
        'div',
        { class: 'actions' },
        ...(status === 'resolved' ? [] : actionsOf(episode)),
        known ? h('a', { href: `/runbooks/${known.runbook}` }, 'Runbook') : null,
      ),
    );
    details.addEventListener('toggle', () => opened.set(episode.id, details.open));
    return h('li', {}, details);
  }

  /** @param {readonly string[]} customers */
  function customersOf(customers) {
    const links = customers
      .slice(0, 12)
      .flatMap((id, index) => [
        index > 0 ? ', ' : '',
        h('button', { type: 'button', class: 'link', onclick: () => openCustomer(id) }, id),
      ]);
    const more = customers.length > 12 ? ` and ${customers.length - 12} more` : '';
    return h('p', { class: 'alert-text' }, 'Customers: ', links, more, '.');
  }

  /** @param {Alert} episode */
  function actionsOf({ id, rule, labels, acknowledged }) {
    const failure = h('span', { class: 'failure', role: 'alert' });
    const button = (/** @type {string} */ label, /** @type {() => Promise<unknown>} */ act) => {
      const element = h('button', { type: 'button', class: 'quiet' }, label);
      element.onclick = async () => {
        element.disabled = true;
        try {
          await act();
          await refresh();
        } catch (error) {
          failure.textContent = error instanceof Error ? error.message : 'That did not work.';
        }
        element.disabled = false;
      };
      return element;
    };
    const silence = (/** @type {number} */ hours) => () =>
      ask('/v1/silences', {
        method: 'POST',
        body: { rule, labels, for: `${hours}h`, by: 'dashboard', reason: 'Silenced on the dashboard.' },
      });
    return [
      acknowledged === null
        ? button('I am on it', () =>
            ask(`/v1/alerts/${encodeURIComponent(id)}/ack`, {
              method: 'POST',
              body: { by: 'dashboard', note: '' },
            }),
          )
        : null,
      button('Silence for 1 h', silence(1)),
      button('for 8 h', silence(8)),
      button('for 24 h', silence(24)),
      failure,
    ];
  }

  return {
    element,
    refresh,
    start() {
      void refresh();
      timer = setInterval(() => void refresh(), everyMs);
    },
  };
}

/**
 * The gravest first, and of the same gravity that of all before those of a part.
 *
 * @param {Alert} alert
 */
function gravity({ status, severity, labels }) {
  const standing = { firing: 4, pending: 2, resolved: 0 }[status];
  return standing + (severity === 'page' ? 1 : 0) - Object.keys(labels).length / 10;
}

/** @param {Alert} episode */
function beganAt({ firedAt, pendingAt }) {
  return Date.parse(firedAt ?? pendingAt);
}

/**
 * @param {number} value
 * @param {Unit} unit
 * @param {string | undefined} currency
 */
function valueOf(value, unit, currency) {
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
