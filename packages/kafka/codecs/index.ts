import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { Failure } from '@tidemark/service/failures';
import { unlz4 } from './lz4.ts';
import { unsnappy } from './snappy.ts';

const gunzipped = promisify(gunzip);
const unzstandard = promisify(zstdDecompress);

/**
 * What was compressed with one of Kafka's codecs, by its number in the batch. kafkajs knows gzip alone,
 * and a record in any other would end its reader; but whoever publishes chooses the codec.
 *
 * @throws Failure `kafka.protocol` when the codec is none of Kafka's or the bytes are not of it.
 */
export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  try {
    switch (codec) {
      case 1:
        return await gunzipped(bytes);
      case 2:
        return unsnappy(bytes);
      case 3:
        return unlz4(bytes);
      case 4:
        return await unzstandard(bytes);
    }
  } catch (cause) {
    throw new Failure('kafka.protocol', `a batch of compression type ${codec} cannot be read`, { cause });
  }
  throw new Failure('kafka.protocol', `there is no compression type ${codec}`);
}
