import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A file of text as a stream, unpacked where its name ends with `.gz`, and how much of it is read. */
export async function openText(
  path: string,
  parser: Duplex,
): Promise<{ readonly parsed: Readable; readonly readShare: () => number }> {
  const { size } = await stat(path);
  const file = createReadStream(path);
  const streams = path.endsWith('.gz') ? [file, createGunzip(), parser] : [file, parser];
  // An error of one destroys the others, and whoever reads gets it.
  pipeline(streams, () => undefined);
  return { parsed: parser, readShare: () => (size === 0 ? 1 : file.bytesRead / size) };
}
