// @ts-check
import { h } from '/vendor/preact.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { numeric, overPeriod } from './spec.js';

/**
 * @import { NpsRow, PersonsRow } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

const shownMax = 5;

const parts = /** @type {const} */ ([
  { name: 'promoters', label: 'Promoters', colour: 'good' },
  { name: 'passives', label: 'Passives', colour: 'mute-2' },
  { name: 'detractors', label: 'Detractors', colour: 'bad' },
]);

/** @type {PanelSpec<{ touchpoints: readonly NpsRow[], persons: readonly PersonsRow[] }>} */
export const nps = {
  id: 'nps',
  title: 'Net promoter score',
  aside: 'by touchpoint, −100 to 100',
  measure: 'nps_daily.nps',
  span: 4,
  load: overPeriod('nps', ['touchpoints', 'persons']),
  rowsOf: ({ touchpoints }) => touchpoints,
  isEmpty: ({ touchpoints }) => touchpoints.length === 0,
  empty: 'Nobody was asked in this period.',
  legend: parts,
  headline({ touchpoints: [first] }, view) {
    return {
      figure: format.signed(first?.nps, 0),
      delta: format.change(first?.nps, first?.nps_before, { better: 'up', in: 'units', unit: 'points' }),
      against: `on ${beforeWords(view)}`,
      facts: [format.words(first?.touchpoint ?? '')],
    };
  },
  draw: ({ touchpoints, persons }) =>
    touchpoints
      .slice(0, shownMax)
      .map((row) => h(Touchpoint, { key: row.touchpoint, row, person: personsAt(persons, row) })),
  table: ({ touchpoints, persons }) => ({
    caption: 'Net promoter score by touchpoint',
    columns: [
      { label: 'Touchpoint' },
      ...numeric(['Answers', ...parts.map(({ label }) => label), 'NPS', 'Persons', 'NPS of persons']),
    ],
    rows: touchpoints.map((row) => [
      format.words(row.touchpoint),
      format.count(row.responses),
      ...parts.map(({ name }) => format.count(row[name])),
      format.signed(row.nps, 1),
      format.count(personsAt(persons, row)?.respondents),
      format.signed(personsAt(persons, row)?.nps, 1),
    ]),
  }),
};

/**
 * @param {readonly PersonsRow[]} persons
 * @param {NpsRow} row
 */
function personsAt(persons, row) {
  return persons.find(({ touchpoint }) => touchpoint === row.touchpoint);
}

/** @param {{ row: NpsRow, person: PersonsRow | undefined }} props */
function Touchpoint({ row, person }) {
  const label = parts.map(({ name }) => `${format.count(row[name])} ${name}`).join(', ');
  return h(
    'div',
    { class: 'touchpoint' },
    h(
      'p',
      null,
      h('b', null, format.words(row.touchpoint)),
      h('span', null, `${format.count(row.responses)} answers, ${format.signed(row.nps, 1)}`),
    ),
    h(
      'div',
      { class: 'split', role: 'img', 'aria-label': label },
      parts
        .filter(({ name }) => row[name] > 0)
        .map(({ name, colour }) =>
          h('i', { key: name, style: { background: `var(--${colour})`, flex: String(row[name]) } }),
        ),
    ),
    h('p', null, h('span', null), h('span', null, label)),
    person &&
      h(
        'p',
        null,
        h('span', null),
        h(
          'span',
          null,
          `by the last answers of ${format.count(person.respondents)} persons ${format.signed(person.nps, 1)}`,
        ),
      ),
  );
}
