import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Receipt, auditView } from './audit.oracle.ts';
import { eventAt, utc } from '../oracle/events.fixtures.ts';

/** A record received at a time, of a mention or its void that occurred at another. */
function got(receivedAt: string, id: string, occurredAt: string, voids?: string, source = 'crm'): Receipt {
  const fields = { mention_id: 'm', channel: 'x', ...(voids === undefined ? {} : { voids }) };
  const event = eventAt(voids === undefined ? 'mention.observed' : 'mention.voided', occurredAt, fields, id);
  return { at: utc(receivedAt), family: 'mention', key: 'mention_id', source, event, deadLettered: false };
}

function read(receipts: readonly Receipt[], zone = 'UTC'): string[] {
  const columns = 'hour source received duplicates voided late dead_lettered'.split(' ');
  return auditView(receipts, { zone }).map((row) => columns.map((column) => String(row[column])).join(' '));
}

test('every record is received, a repeat is a duplicate too, and late is more than an hour (rule 29)', () => {
  const receipts = [
    got('2026-05-10T10:00', 'a', '2026-05-10T09:00'),
    got('2026-05-10T10:00', 'b', '2026-05-10T08:59:59.999'),
    got('2026-05-10T10:30', 'a', '2026-05-10T09:00'),
    got('2026-05-10T11:00', 'a', '2026-05-10T09:00', undefined, 'shop'),
  ];
  assert.deepEqual(read(receipts), [
    '2026-05-10T10:00:00.000Z crm 3 1 0 2 0',
    '2026-05-10T11:00:00.000Z shop 1 1 0 1 0',
  ]);
});

test('an event is voided once, where the later of it and its void comes in (rule 29)', () => {
  const at = '2026-05-10T10:00';
  const receipts = [
    got('2026-05-10T10:01', 'void 1', at, 'a'),
    got('2026-05-10T11:01', 'a', at),
    got('2026-05-10T11:02', 'void 2', at, 'a'),
    got('2026-05-10T12:00', 'b', at),
    got('2026-05-10T12:01', 'void 3', at, 'b'),
    got('2026-05-10T12:02', 'void 3', at, 'b'),
    // Of what never came, and of a void.
    got('2026-05-10T12:03', 'void 4', at, 'never'),
    got('2026-05-10T12:04', 'void 5', at, 'void 1'),
  ];
  assert.deepEqual(read(receipts), [
    '2026-05-10T10:00:00.000Z crm 1 0 0 0 0',
    '2026-05-10T11:00:00.000Z crm 2 0 1 2 0',
    '2026-05-10T12:00:00.000Z crm 5 1 1 5 0',
  ]);
});

test('what is set aside is received; where it can be read it has a source and may be late (rule 29)', () => {
  const unread = {
    ...got('2026-05-10T10:00', 'x', '2026-05-10'),
    source: '',
    event: null,
    deadLettered: true,
  };
  const tooLate = { ...got('2026-05-10T10:00', 'y', '2025-01-01'), deadLettered: true };
  assert.deepEqual(read([unread, tooLate, tooLate], 'Asia/Kolkata'), [
    '2026-05-10T09:30:00.000Z  1 0 0 0 1',
    '2026-05-10T09:30:00.000Z crm 2 0 0 2 2',
  ]);
});
