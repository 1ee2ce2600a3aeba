// @ts-check
import { h } from '/vendor/preact.js';
import { useContext, useState } from '/vendor/preact-hooks.js';
import { getJson } from '../lib/requests.js';
import { useAnswer } from '../lib/use-answer.js';
import { Catalogue } from './catalogue.js';

/** @import { FirstEvent as Answer } from '../../first-event.ts' */

/** How the first event is published, as long as none has been counted. */
export function FirstEvent() {
  const { freshness } = useContext(Catalogue);
  return freshness.problem === undefined && freshness.answer?.families.length === 0 ? h(Lesson, null) : null;
}

function Lesson() {
  const { answer } = useAnswer(
    /** @returns {Promise<Answer>} */
    () => getJson('/v1/first-event', { expects: ['command'] }),
    [],
  );
  const [isCopied, setIsCopied] = useState(false);
  if (answer === undefined) return null;
  const copy = () => navigator.clipboard.writeText(answer.command).then(() => setIsCopied(true));
  return h(
    'section',
    { class: 'panel first', id: 'first-event', 'data-span': 12, 'aria-labelledby': 'first-event-title' },
    h('header', null, h('h2', { id: 'first-event-title' }, 'Publish the first event')),
    h(
      'p',
      null,
      'Nothing is counted yet. Paste this into a shell: a customer buys something, and within seconds “Sales today” shows it.',
    ),
    h('pre', { tabIndex: 0, role: 'region', 'aria-label': 'The command' }, h('code', null, answer.command)),
    h(
      'p',
      { class: 'note' },
      // The clipboard is there on loopback and over TLS alone.
      navigator.clipboard !== undefined &&
        h('button', { type: 'button', class: 'quiet', onClick: copy }, isCopied ? 'Copied' : 'Copy'),
      ` ${answer.note} This goes away with the first event.`,
    ),
  );
}
