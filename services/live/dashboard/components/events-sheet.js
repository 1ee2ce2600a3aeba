// @ts-check
import { h } from '/vendor/preact.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer } from '../lib/use-answer.js';
import { Boundary, Problem } from './message.js';
import { Sheet } from './sheet.js';
import { TableOf } from './table.js';

/**
 * @import { AcceptedEvent } from '@tidemark/explain/events'
 * @import { SheetProps } from './drill.js'
 */

/** @typedef {{ readonly family: string, readonly entity: string, readonly eventId: string }} EventsAsked `eventId` is of the fact that was clicked; empty when no single event made it */

const notSent = { gone: 'gone: retention took it', derived: 'none: the pipeline made it of another event' };

/**
 * The events behind the facts of an entity, and where they are.
 *
 * @param {SheetProps & { asked: EventsAsked }} props
 */
export function EventsSheet({ asked, zone, onBack, onClose }) {
  const { family, entity, eventId } = asked;
  const { answer, problem, again } = useAnswer(
    /** @returns {Promise<{ events: readonly AcceptedEvent[] }>} */
    () => getJson('/v1/explain/events', { query: { family, entity }, expects: ['events'] }),
    [asked],
  );
  const count = answer?.events.length ?? 0;
  const sub =
    answer === undefined
      ? problem === undefined
        ? 'Reading the topics'
        : ''
      : `${format.count(count)} accepted ${count === 1 ? 'event' : 'events'}; every fact of ${entity} comes from them.`;
  return h(
    Sheet,
    { title: `Events of ${family} ${entity}`, sub, onBack, onClose },
    h(
      Boundary,
      { again },
      problem !== undefined && h(Problem, { problem, otherwise: 'The events could not be read.', again }),
      answer !== undefined &&
        h(TableOf, {
          caption: 'Events',
          columns: [`When (${zone})`, 'Event', 'Id', 'Record', 'Accepted in'].map((label) => ({ label })),
          rows: answer.events.map((event) => [
            format.instant(event.occurred_at, zone),
            event.type,
            h('code', null, event.event_id, event.event_id === eventId && h('b', null, ' ← this fact')),
            placesOf(event),
            event.accepted_in,
          ]),
        }),
    ),
  );
}

/** @param {AcceptedEvent} event */
function placesOf({ record, raw }) {
  if (record !== 'kept') return notSent[record];
  return raw
    .map(({ topic, partition, offset }) => `${topic}, partition ${partition}, offset ${offset}`)
    .join('; ');
}
