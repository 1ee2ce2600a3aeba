import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../oracle/base.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';
import { quantile } from './expected.oracle.ts';

const contact = (verb: string, at: string, fields: Record<string, Json> = {}) =>
  eventAt(`contact.${verb}`, at, { case_id: 'k', channel: 'chat', ...fields });
const inbound = { direction: 'inbound' };
const volume = 'date channel opened messages resolved reopened backlog';
const firstContact = 'date cases resolved_on_first_contact fcr_rate';
const outbound = { direction: 'outbound' };
const now = '2026-06-30';

test('backlog is what is open at the end of the period, by the channel of the first event (rule 23)', () => {
  const events = [
    contact('opened', '2026-05-10'),
    contact('message', '2026-05-11', { ...inbound, channel: 'phone' }),
    contact('message', '2026-05-11T01', { direction: 'outbound' }),
    contact('resolved', '2026-05-12', { channel: 'email' }),
    contact('resolved', '2026-05-12T01'),
    contact('reopened', '2026-05-13'),
    contact('reopened', '2026-05-14'),
    contact('opened', '2026-05-15'),
  ];
  assert.deepEqual(view('contact_volume_daily', events, now, volume), [
    '2026-05-10 chat 1 0 0 0 1',
    '2026-05-11 chat 0 1 0 0 1',
    '2026-05-12 chat 0 0 1 0 0',
    '2026-05-13 chat 0 0 0 1 1',
  ]);
  assert.deepEqual(view('contact_resolution_daily', events, now, 'date'), [], 'reopened drops out');
});

test('the first event opens a case whatever it is', () => {
  assert.deepEqual(view('contact_volume_daily', [contact('message', '2026-05-10', inbound)], now, volume), [
    '2026-05-10 chat 1 1 0 0 1',
  ]);
  assert.deepEqual(view('contact_volume_daily', [contact('resolved', '2026-05-10')], now, volume), [
    '2026-05-10 chat 1 0 1 0 0',
  ]);
  assert.deepEqual(view('contact_volume_daily', [contact('reopened', '2026-05-10')], now, volume), [
    '2026-05-10 chat 1 0 0 0 1',
  ]);
});

test('resolution time runs to the last resolution, first resolution to the first', () => {
  const events = [
    contact('opened', '2026-05-10T00:00'),
    contact('resolved', '2026-05-10T00:01'),
    contact('reopened', '2026-05-10T00:02'),
    contact('resolved', '2026-05-11T00:00:00.500'),
    contact('opened', '2026-05-11', { case_id: 'other' }),
    contact('resolved', '2026-05-11T00:00:30', { case_id: 'other' }),
  ];
  const columns =
    'date resolved average_resolution_seconds median_resolution_seconds p90_resolution_seconds average_first_resolution_seconds';
  assert.deepEqual(view('contact_resolution_daily', events, now, columns), [
    '2026-05-11 2 43215.25 43215.25 77763.45 45',
  ]);
});

test('quantiles are exact and interpolate between neighbours (rule 22)', () => {
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
  assert.equal(quantile([4], 0.9), 4);
  assert.equal(quantile([10, 20, 30], 0.9), 28);
  assert.equal(quantile([], 0.5), null);
});

test('resolved on first contact: nothing asked in between, nothing reopened within seven days, the instant included', () => {
  const fcr = (...events: ReturnType<typeof contact>[]): string[] =>
    view('first_contact_resolution_daily', [contact('opened', '2026-05-10'), ...events], now, firstContact);
  const solved = contact('resolved', '2026-05-11');
  assert.deepEqual(fcr(), ['2026-05-10 1 0 0'], 'not resolved');
  assert.deepEqual(fcr(solved), ['2026-05-10 1 1 1']);
  assert.deepEqual(fcr(contact('message', '2026-05-10T01', inbound), solved), ['2026-05-10 1 0 0']);
  assert.deepEqual(fcr(contact('message', '2026-05-10T01', { direction: 'outbound' }), solved), [
    '2026-05-10 1 1 1',
  ]);
  assert.deepEqual(fcr(solved, contact('message', '2026-05-12', inbound)), ['2026-05-10 1 1 1']);
  assert.deepEqual(fcr(solved, contact('reopened', '2026-05-18')), ['2026-05-10 1 0 0']);
  assert.deepEqual(fcr(solved, contact('reopened', '2026-05-18T00:00:00.001')), ['2026-05-10 1 1 1']);
});

test('the first response is the first outbound message; who has none and is open waits (rule 55)', () => {
  const at = (case_id: string, verb: string, time: string, fields: Record<string, Json> = {}) =>
    contact(verb, `2026-05-10T${time}`, { case_id, ...fields });
  const events = [
    at('a', 'opened', '10:00'),
    at('a', 'message', '10:00:30', inbound),
    at('a', 'message', '10:01', outbound),
    at('a', 'message', '10:30', outbound),
    at('b', 'opened', '10:00'),
    at('b', 'message', '10:02', outbound),
    at('c', 'opened', '10:00'),
    at('c', 'resolved', '10:05'),
    at('c', 'message', '10:10', outbound),
    at('d', 'opened', '10:00'),
    at('e', 'resolved', '10:00', { channel: 'phone' }),
    at('f', 'message', '10:00', { channel: 'sms', ...outbound }),
  ];
  const columns =
    'channel cases responded average_first_response_seconds median_first_response_seconds p90_first_response_seconds unanswered';
  assert.deepEqual(view('contact_response_daily', events, now, columns), [
    'chat 4 3 260 120 504 1',
    'phone 1 0 null null null 0',
    'sms 1 1 0 0 0 0',
  ]);
});

test('with SUPPORT_HOURS a column beside each counts the time within them; without it is null (rule 60)', () => {
  const events = [
    contact('opened', '2026-05-08T14:00'),
    contact('message', '2026-05-11T07:30', outbound),
    contact('resolved', '2026-05-11T08:00'),
  ];
  const hours = { supportHours: 'Mo-Fr 09:00-17:00 Europe/Berlin' };
  const response = 'average_first_response_working_seconds p90_first_response_working_seconds';
  assert.deepEqual(view('contact_response_daily', events, now, response, hours), ['5400 5400']);
  assert.deepEqual(view('contact_response_daily', events, now, response), ['null null']);
  const resolution =
    'average_resolution_working_seconds median_resolution_working_seconds average_first_resolution_working_seconds';
  assert.deepEqual(view('contact_resolution_daily', events, now, resolution, hours), ['7200 7200 7200']);
});

test('a merged case leaves the backlog and is neither among the cases nor the resolved ones (rule 61)', () => {
  const at = (case_id: string, verb: string, time: string) =>
    contact(verb, `2026-05-10T${time}`, { case_id, ...(verb === 'merged' ? { into_case_id: 'a' } : {}) });
  const events = [
    ...['a', 'b', 'c'].map((id) => at(id, 'opened', '10:00')),
    at('b', 'merged', '11:00'),
    at('b', 'reopened', '12:00'),
    at('c', 'resolved', '11:00'),
    at('c', 'merged', '12:00'),
  ];
  assert.deepEqual(view('contact_volume_daily', events, now, 'opened resolved reopened merged backlog'), [
    '3 1 0 2 1',
  ]);
  assert.deepEqual(view('first_contact_resolution_daily', events, now, firstContact), ['2026-05-10 1 0 0']);
  assert.deepEqual(view('contact_resolution_daily', events, now, 'resolved'), []);
  assert.deepEqual(view('contact_response_daily', events, now, 'cases unanswered'), ['3 1']);
});
