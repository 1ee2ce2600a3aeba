import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContactEvent, ContactMessage, ContactVoided } from '@tidemark/events/types';
import { day, event, hour, instant, lines, timeOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { contacts } from './contacts.ts';

type Case = Exclude<ContactEvent, ContactVoided>;
type Fields = Partial<Pick<Case, 'case_id' | 'channel' | 'customer_id'>>;

const definition = contacts({ fcrWindowMs: 7 * day, supportHours: null });
const defaults = {
  case_id: 'k1',
  customer_id: null,
  channel: 'chat',
  topic: null,
  agent: null,
  into_case_id: null,
} as const;

const known =
  (type: 'contact.opened' | 'contact.resolved' | 'contact.reopened' | 'contact.merged') =>
  (time: string, fields: Fields = {}) =>
    event<Case>(type, time, { ...defaults, direction: null, into_case_id: 'k9', ...fields });
const message =
  (direction: 'inbound' | 'outbound') =>
  (time: string, fields: Fields = {}) =>
    event<ContactMessage>('contact.message', time, { ...defaults, direction, ...fields });
const [opened, resolved, reopened] = [
  known('contact.opened'),
  known('contact.resolved'),
  known('contact.reopened'),
];
const merged = known('contact.merged');
const [inbound, outbound] = [message('inbound'), message('outbound')];

/** The facts at the end of May: time, activity, the resolution it makes or reopens, and a change on first contact. */
function published(...events: readonly Case[]): readonly string[] {
  return lines(factsOf(definition, '05-31 00:00', ...events), (fact) => {
    const resolution = fact.resolved_at === null ? '' : ` of ${timeOf(fact.resolved_at)}`;
    const firstContact = fact.first_contact === 0 ? '' : ` first contact ${fact.first_contact}`;
    return `${fact.activity}${resolution}${firstContact}`;
  });
}

test('the first event of a case opens it, whatever its type (rule 20)', () => {
  assert.deepEqual(published(opened('10:00')), ['10:00 opened']);
  assert.deepEqual(published(outbound('10:00')), ['10:00 opened', '10:00 response']);
  assert.deepEqual(published(reopened('10:00')), ['10:00 opened']);
});

test('an activity carries the case, and the channel, customer and time of its opening', () => {
  const events = [
    opened('10:00', { customer_id: 'ann' }),
    inbound('11:00', { channel: 'phone' }),
    resolved('12:00', { channel: 'email' }),
  ];
  const opening = { case_id: 'k1', customer_id: 'ann', channel: 'chat', opened_at: instant('10:00') };
  const activity = { kind: 'contact_activity', ...opening, first_contact: 0 };
  const untimed = { working_ms: null, first_working_ms: null };
  const none = { resolved_at: null, first_resolved_at: null, ...untimed };
  const at = instant('12:00');
  assert.deepEqual(factsOf(definition, '05-02 00:00', ...events), [
    { ...activity, activity: 'opened', at: instant('10:00'), ...none },
    { ...activity, activity: 'message', at: instant('11:00'), ...none },
    { ...activity, activity: 'resolved', at, resolved_at: at, first_resolved_at: at, ...untimed },
  ]);
  assert.equal(factsOf(definition, '05-02 00:00', opened('10:00'))[0]!.customer_id, '');
});

test('an inbound message as first event counts as a message too (rule 20)', () => {
  assert.deepEqual(published(inbound('10:00')), ['10:00 opened', '10:00 message']);
});

test('a first resolved opens and resolves, on first contact (rule 20)', () => {
  assert.deepEqual(published(resolved('10:00')), ['10:00 opened', '10:00 resolved of 10:00 first contact 1']);
});

test('a later opened is ignored', () => {
  assert.deepEqual(published(inbound('10:00'), opened('10:01')), ['10:00 opened', '10:00 message']);
});

test('resolving a resolved case and reopening an open one change nothing (rule 20)', () => {
  assert.deepEqual(published(opened('10:00'), reopened('10:01'), resolved('10:02'), resolved('10:03')), [
    '10:00 opened',
    '10:02 resolved of 10:02 first contact 1',
  ]);
});

test('the first outbound message is the first response, and leaves a first contact one (rule 55)', () => {
  assert.deepEqual(published(opened('10:00'), outbound('10:01'), outbound('10:01:30'), resolved('10:02')), [
    '10:00 opened',
    '10:01 response',
    '10:02 resolved of 10:02 first contact 1',
  ]);
});

test('an inbound message after the opening makes it more than one contact (rule 21)', () => {
  assert.deepEqual(published(opened('10:00'), inbound('10:01'), resolved('10:02')), [
    '10:00 opened',
    '10:01 message',
    '10:02 resolved of 10:02',
  ]);
});

test('the message that opens a case is its first contact, the next one its second', () => {
  assert.equal(
    published(inbound('10:00'), resolved('10:02')).at(-1),
    '10:02 resolved of 10:02 first contact 1',
  );
  assert.equal(
    published(inbound('10:00'), inbound('10:01'), resolved('10:02')).at(-1),
    '10:02 resolved of 10:02',
  );
});

test('a resolution is no response, and the first response may come after it (rule 55)', () => {
  assert.deepEqual(published(opened('10:00'), resolved('10:02'), reopened('10:03'), outbound('10:04')), [
    '10:00 opened',
    '10:02 resolved of 10:02 first contact 1',
    '10:03 reopened of 10:02 first contact -1',
    '10:04 response',
  ]);
  assert.deepEqual(
    published(
      opened('10:00'),
      outbound('10:01'),
      resolved('10:02'),
      reopened('10:03'),
      outbound('10:04'),
    ).filter((line) => line.endsWith('response')),
    ['10:01 response'],
  );
});

test('an outbound message that arrives late is the first response instead (rule 55)', () => {
  const driver = driverOf(definition);
  driver.at(instant('12:00'));
  driver.arrives(opened('10:00'), outbound('10:30'));
  const published = driver.arrives(outbound('10:05'));
  assert.deepEqual(
    published.map(({ sign, fact }) => `${sign} ${String(fact['activity'])} ${timeOf(fact.at)}`).toSorted(),
    ['-1 response 10:30', '1 response 10:05'],
  );
});

test('with SUPPORT_HOURS the response and the resolutions have their time within them (rule 60)', () => {
  // 1 May 2026 is a Friday; 9 in Berlin is 7 in UTC.
  const within = contacts({ fcrWindowMs: 7 * day, supportHours: 'Mo-Fr 09:00-17:00 Europe/Berlin' });
  const events = [
    opened('06:30'),
    outbound('07:30'),
    resolved('14:00'),
    reopened('05-04 08:00'),
    resolved('05-04 08:30'),
  ];
  assert.deepEqual(
    lines(factsOf(within, '05-31 00:00', ...events), ({ activity, working_ms, first_working_ms }) =>
      [activity, ...[working_ms, first_working_ms].map((ms) => (ms === null ? '-' : ms / hour))].join(' '),
    ),
    [
      '06:30 opened - -',
      '07:30 response 0.5 -',
      '14:00 resolved 7 7',
      '05-04 08:00 reopened 7 7',
      '05-04 08:30 resolved 9.5 7',
    ],
  );
  assert.throws(
    () => contacts({ fcrWindowMs: day, supportHours: 'always' }),
    /hours such as Mo-Fr 09:00-17:00/,
  );
});

test('a merged case is closed without a resolution, and nothing after it counts (rule 61)', () => {
  assert.deepEqual(
    published(
      opened('10:00'),
      merged('11:00'),
      inbound('12:00'),
      outbound('12:00'),
      reopened('13:00'),
      resolved('14:00'),
    ),
    ['10:00 opened', '11:00 merged'],
  );
  assert.deepEqual(published(merged('11:00'), merged('12:00')), ['11:00 opened', '11:00 merged']);
});

test('merging takes a resolution and a first contact away, also one that a reopening had left (rule 61)', () => {
  assert.deepEqual(
    published(opened('10:00'), resolved('11:00'), merged('12:00')).at(-1),
    '12:00 merged of 11:00 first contact -1',
  );
  assert.deepEqual(
    published(opened('10:00'), resolved('11:00'), reopened('05-20 00:00'), merged('05-21 00:00')).at(-1),
    '05-21 00:00 merged first contact -1',
  );
  assert.deepEqual(
    published(opened('10:00'), resolved('11:00'), reopened('12:00'), resolved('13:00'), merged('14:00')).at(
      -1,
    ),
    '14:00 merged of 13:00',
  );
});

test('a case that is merged leaves the backlog, unless it had left it (rule 61)', () => {
  const events = [
    opened('10:00', { case_id: 'k1' }),
    opened('10:00', { case_id: 'k2' }),
    opened('10:00', { case_id: 'k3' }),
    merged('11:00', { case_id: 'k1' }),
    resolved('11:00', { case_id: 'k2' }),
    merged('12:00', { case_id: 'k2' }),
  ];
  assert.deepEqual(totalsOf(definition, '05-31 00:00', ...events), {
    'contacts_opened chat': 3n,
    'contacts_resolved chat': 1n,
    'contacts_merged chat': 2n,
    'contacts_backlog chat': 1n,
  });
});

test('a message after the resolution counts as a message, and leaves a first contact one', () => {
  assert.deepEqual(published(opened('10:00'), resolved('10:02'), inbound('10:03')), [
    '10:00 opened',
    '10:02 resolved of 10:02 first contact 1',
    '10:03 message',
  ]);
});

test('a reopening takes the resolution back, and the next resolution is the one that stands (rule 22)', () => {
  const facts = factsOf(
    definition,
    '05-31 00:00',
    opened('10:00'),
    resolved('11:00'),
    reopened('12:00'),
    resolved('13:00'),
  );
  assert.deepEqual(
    facts
      .slice(1)
      .map(({ activity, resolved_at, first_resolved_at }) => [activity, resolved_at, first_resolved_at]),
    [
      ['resolved', instant('11:00'), instant('11:00')],
      ['reopened', instant('11:00'), instant('11:00')],
      ['resolved', instant('13:00'), instant('11:00')],
    ],
  );
});

test('a reopening exactly 7 days after the first resolution takes the first contact back (rule 21)', () => {
  assert.equal(
    published(opened('10:00'), resolved('11:00'), reopened('05-08 11:00')).at(-1),
    '05-08 11:00 reopened of 11:00 first contact -1',
  );
});

test('a reopening later than 7 days leaves the first contact, and so does every one after it (rule 21)', () => {
  assert.deepEqual(
    published(
      opened('10:00'),
      resolved('11:00'),
      reopened('05-08 11:00:00.001'),
      resolved('05-09 00:00'),
      reopened('05-09 01:00'),
    ).slice(2),
    [
      '05-08 11:00:00.001 reopened of 11:00',
      '05-09 00:00 resolved of 05-09 00:00',
      '05-09 01:00 reopened of 05-09 00:00',
    ],
  );
});

test('the window goes by the first resolution: it is retracted once, never twice (rule 21)', () => {
  const timeline = published(
    opened('10:00'),
    resolved('11:00'),
    reopened('12:00'),
    resolved('13:00'),
    reopened('14:00'),
  );
  assert.deepEqual(timeline.slice(2), [
    '12:00 reopened of 11:00 first contact -1',
    '13:00 resolved of 13:00',
    '14:00 reopened of 13:00',
  ]);
});

test('everything of a case goes by the channel of its first event', () => {
  const facts = factsOf(
    definition,
    '05-31 00:00',
    opened('10:00', { channel: 'email' }),
    resolved('11:00', { channel: 'phone' }),
  );
  assert.deepEqual(
    facts.map((fact) => fact.channel),
    ['email', 'email'],
  );
});

test('an inbound message that arrives after the resolution was published takes the first contact back', () => {
  const driver = driverOf(definition);
  driver.at(instant('12:00'));
  driver.arrives(opened('10:00'), resolved('11:00'));
  const published = driver.arrives(inbound('10:30'));
  assert.deepEqual(
    published.map(({ sign, fact }) => `${sign} ${String(fact['activity'])} ${String(fact['first_contact'])}`),
    ['-1 resolved 1', '1 message 0', '1 resolved 0'],
  );
});

test('the backlog is what is open: opened and reopened less resolved (rule 23)', () => {
  const events = [
    opened('10:00', { case_id: 'k1' }),
    opened('10:01', { case_id: 'k2' }),
    inbound('10:02', { case_id: 'k3' }),
    resolved('11:00'),
    reopened('11:01'),
    resolved('11:02'),
    resolved('11:03', { case_id: 'k2' }),
    reopened('11:04', { case_id: 'k2' }),
  ];
  assert.deepEqual(totalsOf(definition, '05-31 00:00', ...events), {
    'contacts_opened chat': 3n,
    'contact_messages chat': 1n,
    'contacts_resolved chat': 3n,
    'contacts_reopened chat': 2n,
    'contacts_backlog chat': 2n,
  });
});

test('a case opened 500 days ago and resolved today still knows its opening (rule 30)', () => {
  const driver = driverOf(definition);
  driver.at(instant('2025-01-01T00:00'));
  driver.arrives(opened('2024-12-31T10:00'));
  driver.at(instant('2026-05-15T10:00'));
  driver.restart();
  driver.arrives(resolved('05-15 09:00'));
  const [, resolution] = driver.facts;
  assert.equal(resolution?.['activity'], 'resolved');
  assert.equal(resolution['opened_at'], instant('2024-12-31T10:00'));
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .tuple(
      fc.constantFrom(opened, resolved, reopened, inbound, outbound, merged),
      fc.constantFrom('08:00', '08:30', '09:00', '10:00', '10:00:00.001', '23:00'),
      fc.constantFrom('chat', 'phone'),
    )
    .map(([make, time, channel]) => make(time, { channel: channel as 'chat' | 'phone' }));
  const supportHours = 'Fr 08:15-09:45 Europe/Berlin';
  assertConverges(contacts({ fcrWindowMs: 2 * hour, supportHours }), fc.array(any, { maxLength: 10 }));
});
