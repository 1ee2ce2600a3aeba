import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { eventsIn } from './publish.ts';

async function read(text: string): Promise<object[]> {
  const all: object[] = [];
  for await (const one of eventsIn(Readable.from(text.split('\n')))) all.push(one);
  return all;
}

test('events are one a line, or one JSON value over all lines', async () => {
  const [a, b] = [{ event_id: 'a' }, { event_id: 'b' }];
  const two = [
    { line: 1, event: a },
    { line: 3, event: b },
  ];
  assert.deepEqual(await read('{"event_id":"a"}\n\n{"event_id":"b"}\n'), two);
  const first = two.map((one) => ({ ...one, line: 1 }));
  assert.deepEqual(await read('[{"event_id":"a"},{"event_id":"b"}]'), first);
  assert.deepEqual(await read('[\n  {"event_id":"a"},\n\n  {"event_id":"b"}\n]\n'), first);
  assert.deepEqual(await read('{\n"event_id":"a"\n}'), first.slice(0, 1));
  assert.deepEqual(await read(''), []);
});

test('a line that is no JSON is named', async () => {
  await assert.rejects(read('{"event_id":"a"}\n{"event_id"'), /^CommandError: Line 2 is no JSON/);
  await assert.rejects(read('[\n{"event_id":"a"}'), /Line 1 is no JSON/);
});
