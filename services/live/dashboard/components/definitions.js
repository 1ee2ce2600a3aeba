// @ts-check
/** By which versions of the definitions the figures are counted. */
import { h } from '/vendor/preact.js';
import { useState } from '/vendor/preact-hooks.js';
import { getJson } from '../lib/requests.js';
import { useAnswer } from '../lib/use-answer.js';
import { Boundary, Message, Problem } from './message.js';
import { TableOf } from './table.js';

/** @import { CountedDefinitions } from '../../definitions.ts' */

/** The list of the definitions, read when it is opened. */
export function Definitions() {
  const [isOpen, setIsOpen] = useState(false);
  return h(
    'details',
    {
      class: 'definitions',
      onToggle: (/** @type {Event & { currentTarget: HTMLDetailsElement }} */ event) =>
        setIsOpen(event.currentTarget.open),
    },
    h('summary', null, 'How the figures are counted'),
    isOpen && h(Opened, null),
  );
}

function Opened() {
  const { answer, problem, again } = useAnswer(
    /** @returns {Promise<CountedDefinitions>} */
    () => getJson('/v1/definitions', { expects: ['generation', 'definitions'] }),
    [],
  );
  if (problem !== undefined) return h(Problem, { problem, otherwise: 'This could not be read.', again });
  if (answer === undefined) return h(Message, null, 'Loading');
  return h(
    Boundary,
    { again },
    h(TableOf, {
      caption: `Definitions of generation ${answer.generation}, each with the version of its rules and the settings in it`,
      columns: [{ label: 'Definition' }, { label: 'Version' }, { label: 'Views' }],
      rows: answer.definitions.map(({ name, version, views }) => [
        name,
        version ?? 'not known yet',
        views.join(', '),
      ]),
    }),
  );
}
