import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Failure } from '@tidemark/service/failures';
import { TooLarge } from './growing.ts';
import { unlz4 } from './lz4.ts';
import { unsnappy } from './snappy.ts';

const gunzipped = promisify(zlib.gunzip);

/** Most bytes of a batch, uncompressed. A megabyte of zeros compressed with zstd would be 30 GB. */
const plainBytesMax = 64 * 1024 * 1024;

/**
 * Decompresses bytes with one of Kafka's codecs, by the number that the batch gives. The publisher
 * chooses the codec. kafkajs knows gzip only; a batch in any other codec would end its reader.
 *
 * @throws Failure `kafka.protocol` when Kafka has no such codec, or when the bytes do not fit it;
 * `kafka.batch-too-large` when the result has more than 64 MiB.
 */
export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  try {
    switch (codec) {
      case 1:
        return await gunzipped(bytes, { maxOutputLength: plainBytesMax });
      case 2:
        return unsnappy(bytes, plainBytesMax);
      case 3:
        return unlz4(bytes, plainBytesMax);
      case 4:
        // Packages also run on Node 20, which has none: it is looked up where it is needed.
        return await promisify(zlib.zstdDecompress)(bytes, { maxOutputLength: plainBytesMax });
    }
  } catch (cause) {
    if (cause instanceof TooLarge || (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Failure('kafka.batch-too-large', `a batch is over ${plainBytesMax} bytes uncompressed`, {
        cause,
      });
    throw new Failure('kafka.protocol', `a batch of compression type ${codec} cannot be read`, { cause });
  }
  throw new Failure('kafka.protocol', `there is no compression type ${codec}`);
}
