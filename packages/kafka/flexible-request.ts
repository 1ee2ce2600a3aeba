import type { Broker } from './client.ts';
import { FlexibleReader } from './flexible-reader.ts';
import { noTags } from './flexible-writer.ts';
import { sendOwn } from './own-request.ts';

/** A request in Kafka's flexible form (KIP-482). */
export type FlexibleRequest<Answer> = {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  /** The fields, without the tags of the header and the last ones. */
  readonly fields: readonly Buffer[];
  /** Reads the answer's fields, without the time for which the broker asks to be left alone. */
  readonly read: (reader: FlexibleReader) => Answer;
  /** Whether that time stands behind the fields instead of before them. */
  readonly isThrottleLast?: boolean;
};

/** Sends a request in the flexible form, and reads its answer. */
export async function sendFlexible<Answer>(
  broker: Broker,
  { key, version, name, fields, read, isThrottleLast = false }: FlexibleRequest<Answer>,
): Promise<Answer> {
  const { answer } = await sendOwn(broker, {
    key,
    version,
    name,
    body: Buffer.concat([noTags, ...fields, noTags]),
    read: (payload) => {
      const reader = new FlexibleReader(payload);
      reader.tags(); // of the header
      const before = isThrottleLast ? undefined : reader.int32();
      const fieldsRead = read(reader);
      return { answer: fieldsRead, clientSideThrottleTime: before ?? reader.int32() };
    },
  });
  return answer;
}
