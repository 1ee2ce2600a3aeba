import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Mapping } from './mapping.ts';
import { openFile } from './open-file.ts';
import type { Row } from './row.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-import-'));
after(() => rmSync(folder, { recursive: true }));

const mappingOf = (columns: readonly string[], more: Partial<Mapping> = {}): Mapping => ({
  source: undefined,
  format: undefined,
  delimiter: ',',
  columns,
  events: [],
  ...more,
});

/** The rows of a file with this content. */
async function read(
  name: string,
  content: string | Uint8Array,
  columns: readonly string[] = [],
  more: Partial<Mapping> = {},
): Promise<Row[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const rows: Row[] = [];
  for await (const row of (await openFile(path, mappingOf(columns, more))).rows) rows.push(row);
  return rows;
}

test('CSV: lines are those of an editor, also behind quoted line breaks and empty lines', async () => {
  const text = '\uFEFFid,name\r\n1,"two\nlines"\r\n\r\n2,"a ""b"", c"\r\n3\r\n4,é\r\n';
  const expected = [
    { number: 1, line: 2, cells: { id: '1', name: 'two\nlines' } },
    { number: 2, line: 5, cells: { id: '2', name: 'a "b", c' } },
    {
      number: 3,
      line: 6,
      cells: { id: '3' },
      fault: 'The row has 1 cells, and the file has 2 columns: a cell with the delimiter in it needs quotes.',
    },
    { number: 4, line: 7, cells: { id: '4', name: 'é' } },
  ];
  assert.deepEqual(await read('a.csv', text, ['id']), expected);
  assert.deepEqual(await read('a.csv.gz', gzipSync(text), ['id']), expected);
});

test('CSV: a broken quote, a missing column and another delimiter are named', async () => {
  await assert.rejects(read('b.csv', 'id\n"a"b\n'), /b\.csv: line 2: a quote is in the wrong place/);
  await assert.rejects(read('c.csv', 'id\na\n"b\n'), /c\.csv: line \d: a quote/);
  await assert.rejects(
    read('d.csv', 'id;name\n1;2\n', ['name']),
    /has no column "name"; it has "id;name"\. Is its delimiter ";"\?/,
  );
  await assert.rejects(read('e.csv', ''), /is empty/);
  await assert.rejects(read('f.csv', 'a,a\n'), /has two columns "a"/);
  await assert.rejects(read('g.txt', 'a'), /does not show its form: write `format: csv`/);
  assert.equal((await read('g.txt', 'a\n1\n', ['a'], { format: 'csv' })).length, 1);
  await assert.rejects(openFile(join(folder, 'none.csv'), mappingOf([])), /There is no file/);
});

test('NDJSON: a line that is no object is a rejected row; a list is none of it', async () => {
  assert.deepEqual(await read('a.ndjson', '{"a":{"b":1}}\n\nnothing\n[1]\n'), [
    { number: 1, line: 1, cells: { a: { b: 1 } } },
    { number: 2, line: 3, cells: { text: 'nothing' }, fault: 'The line is no JSON.' },
    { number: 3, line: 4, cells: { text: '[1]' }, fault: 'The line is no JSON object.' },
  ]);
  await assert.rejects(read('b.jsonl', '[{"a":1}]'), /jq -c '\.\[\]' .* makes NDJSON/);
  await assert.rejects(read('c.ndjson', `{"a":1}\n${'x'.repeat(5_000_000)}`), /line 2 is longer than 4 MiB/);
});

for (const [codec, compressors] of [
  ['UNCOMPRESSED', {}],
  ['SNAPPY', {}],
  ['GZIP', { GZIP: (bytes: Uint8Array) => gzipSync(bytes) }],
  ['ZSTD', { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes) }],
] as const)
  test(`Parquet, ${codec}: every row of every group, times as texts and decimals exact`, async () => {
    const at = new Date('2025-05-31T08:00:00.125Z');
    const count = 25;
    const price = Array.from({ length: count }, (_, index) => 35 + index);
    const file = parquetWriteBuffer({
      codec,
      compressors,
      rowGroupSize: 10,
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
        { name: 'at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' },
        { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'REQUIRED' },
        {
          name: 'price',
          type: 'INT32',
          converted_type: 'DECIMAL',
          scale: 2,
          precision: 9,
          repetition_type: 'REQUIRED',
        },
        { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
      columnData: [
        { name: 'id', data: Array.from({ length: count }, (_, index) => 2n ** 60n + BigInt(index)) },
        { name: 'at', data: Array.from({ length: count }, (_, index) => (index === 1 ? undefined : at)) },
        { name: 'day', data: Array.from({ length: count }, () => at) },
        { name: 'price', data: price.map((cents) => cents / 100) },
        {
          name: 'name',
          data: Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 'é' : undefined)),
        },
      ],
    });
    const rows = await read('a.parquet', new Uint8Array(file), ['id', 'at', 'day', 'price']);
    assert.equal(rows.length, count);
    assert.deepEqual(
      rows.map(({ number }) => number),
      price.map((_, index) => index + 1),
    );
    const [first, second] = rows;
    assert.deepEqual(first!.cells, { id: 2n ** 60n, at, day: '2025-05-31', price: '0.35' });
    assert.equal(second!.cells['at'] ?? undefined, undefined);
    assert.equal(rows.at(-1)!.cells['id'], 2n ** 60n + 24n);
  });

test('Parquet: what is none, and a column that is missing, are named', async () => {
  await assert.rejects(read('b.parquet', 'no parquet at all'), /b\.parquet cannot be read as Parquet/);
  const file = parquetWriteBuffer({ columnData: [{ name: 'a', data: ['1'] }] });
  await assert.rejects(read('c.parquet', new Uint8Array(file), ['b.c']), /has no column "b\.c"; it has "a"/);
});
