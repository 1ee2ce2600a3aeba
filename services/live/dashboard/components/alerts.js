// @ts-check
/** The alerts, the gravest first, and the silences. */
import { h } from '/vendor/preact.js';
import { getJson, change, errorText, NoAnswer } from '../lib/requests.js';
import { isFiltered } from '../lib/filter.js';
import * as format from '../lib/format.js';
import { useAnswer, useTick } from '../lib/use-answer.js';
import { useState } from '/vendor/preact-hooks.js';
import { Alert } from './alert.js';
import { Save } from './save.js';
import { Boundary, Message, Problem, Unfiltered } from './message.js';

/**
 * @import { Filter } from '../lib/filter.js'
 * @import { AlertData, Rule } from './alert.js'
 */

/** @typedef {{ id: string, rule: string, labels: Record<string, string>, until: string, by: string }} Silence */
/** @typedef {{ alerts: readonly AlertData[], rules: readonly Rule[], silences: readonly Silence[], at: number }} Known `at`: epoch milliseconds */

const everyMs = 10_000;
const firingMax = 1_000;
const shownMax = 12;

/**
 * @param {{ zone: string, filter: Filter, openCustomer: (id: string) => void }} props
 */
export function Alerts({ zone, filter, openCustomer }) {
  const [isOff, setIsOff] = useState(false);
  const tick = useTick(isOff ? undefined : everyMs);
  const { answer, problem, isBusy, again } = useAnswer(
    () =>
      askForAlerts().catch((error) => {
        // There will be none until the live service is started anew.
        if (error instanceof NoAnswer && error.code === 'alerts.off') setIsOff(true);
        throw error;
      }),
    [tick],
  );
  const isKnown = answer !== undefined && problem === undefined;
  const standing = isKnown ? standingOf(answer.alerts) : problem === undefined || isOff ? '' : 'not known';
  return h(
    'section',
    {
      class: 'panel',
      id: 'alerts',
      'data-span': 12,
      'aria-labelledby': 'alerts-title',
      'aria-busy': isBusy && answer === undefined,
    },
    h(
      'header',
      null,
      h('h2', { id: 'alerts-title' }, 'Alerts', h('small', { 'aria-live': 'polite' }, standing)),
      isKnown &&
        answer.alerts.length > 0 &&
        h(
          'div',
          { class: 'actions', 'data-not-in-picture': '' },
          h(Save, { id: 'alerts', title: 'Alerts', rows: () => answer.alerts.map(rowOf) }),
        ),
    ),
    isFiltered(filter) && h(Unfiltered, null, 'All customers: alerts are not filtered.'),
    h(
      Boundary,
      { again },
      isOff && h('p', { class: 'note' }, errorText(problem, 'There is no alerts service.')),
      problem !== undefined && !isOff && h(Failure, { problem, again, at: answer?.at, zone }),
      answer !== undefined && h(Known, { known: answer, zone, openCustomer, again }),
      answer === undefined && problem === undefined && h(Message, null, 'Loading'),
    ),
  );
}

/**
 * All that is firing, however long ago it began, and the latest that is over.
 *
 * @returns {Promise<Known>}
 */
async function askForAlerts() {
  // Alone at first: where there is no alerts service, one question is enough to learn it.
  /** @type {{ alerts: AlertData[] }} */
  const firing = await getJson('/v1/alerts', {
    query: { status: 'firing', limit: firingMax },
    expects: ['alerts'],
  });
  /** @type {[{ alerts: AlertData[] }, { rules: Rule[] }, { silences: Silence[] }]} */
  const [latest, { rules }, { silences }] = await Promise.all([
    getJson('/v1/alerts', { query: { limit: shownMax }, expects: ['alerts'] }),
    getJson('/v1/rules', { expects: ['rules'] }),
    getJson('/v1/silences', { expects: ['silences'] }),
  ]);
  const byId = new Map([...latest.alerts, ...firing.alerts].map((alert) => [alert.id, alert]));
  return { alerts: [...byId.values()].toSorted(gravestFirst), rules, silences, at: Date.now() };
}

/** @param {AlertData} alert */
function rowOf({ id, rule, severity, status, labels, pendingAt, firedAt }) {
  return { id, rule, severity, status, ...labels, pending_at: pendingAt, fired_at: firedAt };
}

/** @param {readonly AlertData[]} alerts */
function standingOf(alerts) {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  return firing > 0 ? `${firing} firing` : 'nothing is firing';
}

/** @param {{ problem: unknown, again: () => void, at: number | undefined, zone: string }} props */
function Failure({ problem, again, at, zone }) {
  return [
    h(Problem, { problem, otherwise: 'The alerts could not be read.', again }),
    at !== undefined &&
      h(
        'p',
        { class: 'note' },
        `What follows is as of ${format.instant(at, zone, { hasDay: false, hasSeconds: true })}.`,
      ),
  ];
}

/** @param {{ known: Known, zone: string, openCustomer: (id: string) => void, again: () => void }} props */
function Known({ known: { alerts, rules, silences }, zone, openCustomer, again }) {
  const inForce = silences.filter(({ until }) => Date.parse(until) > Date.now());
  const watched = format.instantsIn(watchedWords(rules), zone);
  return [
    alerts.length === 0
      ? h('p', { class: 'note' }, `No alert in the last 90 days. ${watched}`)
      : [
          h(
            'ol',
            { class: 'alerts', tabIndex: 0, 'aria-labelledby': 'alerts-title' },
            alerts.slice(0, shownMax).map((alert, index) =>
              h(Alert, {
                key: alert.id,
                alert,
                rule: rules.find(({ name }) => name === alert.rule),
                isOpenAtFirst: index === 0 && alert.status === 'firing',
                zone,
                openCustomer,
                onChanged: again,
              }),
            ),
          ),
          h('p', { class: 'note' }, watched),
        ],
    inForce.map((silence) => h(SilenceNote, { key: silence.id, silence, zone, onChanged: again })),
  ];
}

/** @param {readonly Rule[]} rules */
function watchedWords(rules) {
  const suppressed = rules.filter((rule) => rule.suppressed !== null);
  const waiting =
    suppressed.length > 0 ? `; ${suppressed.length} are suppressed: ${suppressed[0]?.suppressed}` : '';
  return `${rules.length} rules watch the counters${waiting}.`;
}

/** @param {{ silence: Silence, zone: string, onChanged: () => void }} props */
function SilenceNote({ silence: { id, rule, labels, until, by }, zone, onChanged }) {
  const [problem, setProblem] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const of = Object.values(labels).join(', ');
  const what = rule === '*' ? 'Everything' : format.words(rule);
  const end = async () => {
    setIsBusy(true);
    try {
      await change('DELETE', `/v1/silences/${encodeURIComponent(id)}`);
      onChanged();
    } catch (error) {
      setProblem(errorText(error, 'That did not work.'));
    }
    setIsBusy(false);
  };
  return h(
    'p',
    { class: 'note' },
    `${what}${of === '' ? '' : ` (${of})`} is silenced by ${by} until ${format.instant(until, zone)}. `,
    h('button', { type: 'button', class: 'link', disabled: isBusy, onClick: end }, 'End it'),
    problem !== '' && h('span', { class: 'failure', role: 'alert' }, ` ${problem}`),
  );
}

/**
 * The gravest first, of the same gravity that of all before those of a part, then the latest.
 *
 * @param {AlertData} a
 * @param {AlertData} b
 */
function gravestFirst(a, b) {
  return gravity(b) - gravity(a) || beganAt(b) - beganAt(a);
}

/** @param {AlertData} alert */
function gravity({ status, severity, labels }) {
  const standing = { firing: 4, pending: 2, resolved: 0 }[status];
  return standing + (severity === 'page' ? 1 : 0) - Object.keys(labels).length / 10;
}

/** @param {AlertData} alert */
function beganAt({ firedAt, pendingAt }) {
  return Date.parse(firedAt ?? pendingAt);
}
