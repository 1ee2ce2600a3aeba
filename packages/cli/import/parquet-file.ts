import zlib from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { CommandError, exitCodes } from '@tidemark/command/work';
import type { OpenFile, Row } from './row.ts';

// Snappy is hyparquet's own.
const compressors: Compressors = {
  GZIP: (packed) => zlib.gunzipSync(packed),
  ZSTD: (packed) => {
    // The package of the command line runs on older ones too.
    if (!('zstdDecompressSync' in zlib)) throw new Error('zstd needs Node 22.15 or newer');
    return zlib.zstdDecompressSync(packed);
  },
  BROTLI: (packed) => zlib.brotliDecompressSync(packed),
};

/** How a column's values are read into cells. */
type Column = { readonly name: string; readonly cell: (value: unknown) => unknown };

/**
 * Opens a Parquet file. One row group is in memory at a time, of the columns that are asked for alone.
 *
 * @param wanted The columns that are asked for, of those the file has.
 * @throws CommandError when it is no Parquet file.
 */
export async function openParquet(path: string, wanted: (column: string) => boolean): Promise<OpenFile> {
  const file = await asyncBufferFromFile(path);
  const metadata = await metadataOf(path, file);
  const children = parquetSchema(metadata).children;
  const columns = children.filter(({ element }) => wanted(element.name)).map(columnOf);
  const total = Number(metadata.num_rows);
  let read = 0;
  const rows = async function* (): AsyncIterable<Row> {
    const names = columns.map(({ name }) => name);
    // Without the cache of a scan: each group is read once.
    for (const [start, end] of groupsOf(metadata)) {
      const scan = await parquetScan({
        file,
        metadata,
        columns: names,
        compressors,
        utf8: false,
        rowStart: start,
        rowEnd: end,
      });
      const values = await Promise.all(
        names.map((column) => scan.readColumn({ column, rowStart: start, rowEnd: end })),
      ).catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      for (let index = 0; index < end - start; index++) {
        read++;
        const cells = Object.fromEntries(
          columns.map(({ name, cell }, at) => [name, cell(values[at]![index])]),
        );
        yield { number: read, line: read, cells };
      }
    }
  };
  return {
    columns: children.map(({ element }) => element.name),
    rows: rows(),
    readShare: () => (total === 0 ? 1 : read / total),
  };
}

async function metadataOf(
  path: string,
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>,
): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file, { geoparquet: false });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(exitCodes.failed, `${path} cannot be read as Parquet: ${reason}.`);
}

/** First row and end of each row group. */
function groupsOf({ row_groups: groups }: FileMetaData): readonly (readonly [number, number])[] {
  let end = 0;
  return groups.map(({ num_rows: rows }) => {
    const start = end;
    end += Number(rows);
    return [start, end];
  });
}

function columnOf({ element, children }: SchemaTree): Column {
  const { name, converted_type: converted, logical_type: logical, scale = 0 } = element;
  if (children.length > 0) return { name, cell: (value) => value };
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    // hyparquet makes floats of decimals; without its type it leaves them whole.
    delete element.converted_type;
    delete element.logical_type;
    return { name, cell: (value) => decimalText(value, scale) };
  }
  if (converted === 'DATE' || logical?.type === 'DATE')
    return { name, cell: (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value) };
  // Texts of writers that do not say that they are texts.
  return { name, cell: (value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value) };
}

function decimalText(value: unknown, scale: number): unknown {
  if (value === undefined || value === null) return value;
  const unscaled = value instanceof Uint8Array ? signed(value) : BigInt(value as number | bigint);
  if (scale === 0) return unscaled.toString();
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A whole number in two's complement, the greatest byte first. */
function signed(bytes: Uint8Array): bigint {
  return bytes.length === 0
    ? 0n
    : BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
