import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from '@tidemark/metrics/oracle/events.fixtures';
import { accepted, translatedAll } from '../deliveries.fixtures.ts';
import { Desk, month } from './desk.fixtures.ts';
import { zendeskEvents } from './index.ts';

const now = '2026-04-01';
const history = translatedAll(month().deliveries, zendeskEvents);

/** The fields of the events of a delivery, each of which is accepted. */
function shown(delivery: unknown, ...fields: string[]): unknown[] {
  return zendeskEvents(delivery).events.map((event) => {
    accepted(event, Date.parse(now));
    return [event['type'], ...fields.map((field) => event[field])];
  });
}

const reasons = (delivery: unknown): readonly string[] => zendeskEvents(delivery).passedOver;

test('a month of tickets gives the volume of the desk', () => {
  const columns = 'date channel opened messages resolved reopened merged backlog';
  assert.deepEqual(view('contact_volume_daily', history, now, columns), [
    '2026-03-02 email 1 0 1 0 0 0',
    '2026-03-03 email 0 1 1 1 0 0',
    '2026-03-04 phone 1 0 1 0 0 0',
    '2026-03-05 chat 1 0 0 0 0 1',
    '2026-03-05 other 1 0 0 0 1 0',
  ]);
});

test('the first answer is that of an agent, in public; a case that came back is not resolved at first contact', () => {
  const responses = 'date channel cases responded average_first_response_seconds';
  assert.deepEqual(view('contact_response_daily', history, now, responses), [
    '2026-03-02 email 1 1 3600.123',
    '2026-03-04 phone 1 0 null',
    '2026-03-05 chat 1 1 1800.123',
    '2026-03-05 other 1 0 null',
  ]);
  const resolutions = 'date channel cases resolved_on_first_contact';
  assert.deepEqual(view('first_contact_resolution_daily', history, now, resolutions), [
    '2026-03-02 email 1 0',
    '2026-03-04 phone 1 1',
    '2026-03-05 chat 1 0',
  ]);
});

test('a ticket is a case of its requester from when it was made, in a channel of ours', () => {
  const desk = new Desk();
  const fields = ['occurred_at', 'case_id', 'customer_id', 'channel', 'agent'];
  assert.deepEqual(shown(desk.open('1', '71', '03-02T09:00'), ...fields), [
    ['contact.opened', '2026-03-02T09:00:00.000Z', '1', '71', 'email', undefined],
  ]);
  const channels = {
    phone_call_inbound: 'phone',
    whatsapp: 'chat',
    answer_bot: 'chatbot',
    twitter_dm: 'social',
    mobile_sdk: 'in_app',
    connect_sms: 'sms',
    web_form: 'other',
    of_next_year: 'other',
  };
  for (const [channel, ours] of Object.entries(channels))
    assert.deepEqual(shown(desk.open(channel, '71', '03-02', { via: { channel } }), 'channel')[0], ['contact.opened', ours]); // prettier-ignore
  assert.equal(
    (shown(desk.open('2', '', '03-02', { via: undefined }), 'channel')[0] as unknown[])[1],
    'other',
  );
});

test('a public comment is a message: of an agent to the customer, of anybody else to the desk', () => {
  const desk = new Desk();
  desk.open('1', '71', '03-02T09:00');
  const fields = ['direction', 'agent', 'event_id'];
  assert.deepEqual(shown(desk.comment('1', '5', '03-02T09:01', 'agent-7'), ...fields), [
    ['contact.message', 'outbound', 'agent-7', 'zendesk:comment:5'],
  ]);
  assert.deepEqual(shown(desk.comment('1', '6', '03-02T09:02', '99'), ...fields), [
    ['contact.message', 'inbound', undefined, 'zendesk:comment:6'],
  ]);
});

test('solved and closed end a case, and what comes back opens it again', () => {
  const desk = new Desk();
  desk.open('1', '71', '03-02T09:00');
  const verbs = ['PENDING', 'SOLVED', 'OPEN', 'CLOSED', 'SOLVED', 'PENDING'].map((status, hour) =>
    shown(desk.status('1', `03-02T1${hour}:00`, status)).flat(),
  );
  assert.deepEqual(verbs, [[], ['contact.resolved'], ['contact.reopened'], ['contact.resolved'], [], ['contact.reopened']]); // prettier-ignore
});

test('what gives no event is passed over with its reason', () => {
  const desk = new Desk();
  desk.open('1', '71', '03-02T09:00');
  assert.deepEqual(reasons(desk.comment('1', '1', '03-02T09:00', '71')), ['opening_comment']);
  assert.deepEqual(reasons(desk.comment('1', '2', '03-02T09:05', 'agent-1', { is_public: false })), ['internal_note']); // prettier-ignore
  assert.deepEqual(reasons(desk.status('1', '03-02T09:06', 'OPEN')), ['status_between']);
  assert.deepEqual(reasons(desk.status('1', '03-02T09:07', 'DELETED')), ['ticket_deleted']);
  assert.deepEqual(reasons(desk.status('1', '03-02T09:08', 'OPEN')), ['ticket_deleted']);
  for (const name of ['tags_changed', 'toString'])
    assert.deepEqual(reasons(desk.emit(name, '1', '03-03')), ['unmapped'], name);
  assert.deepEqual(reasons({ ...desk.deliveries[0], type: 'zen:event-type:user.created' }), ['unmapped']);
});

test('what is no event of a ticket is a fault', () => {
  const desk = new Desk();
  const opened = desk.open('1', '71', '03-02');
  const faulty = [
    null,
    { ticket: '1', status: 'open' },
    { ...opened, time: 'yesterday' },
    { ...opened, detail: {} },
    desk.emit('comment_added', '1', '03-03', { comment: { id: '1' } }),
    desk.emit('status_changed', '1', '03-03', { current: 'OPEN' }),
    desk.emit('merged', '1', '03-03', { target_ticket_id: '' }),
  ];
  for (const body of faulty) assert.match(zendeskEvents(body).fault ?? '', /Zendesk/, JSON.stringify(body));
});
