import type { KafkaClient } from '@tidemark/kafka/client';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import type { OutgoingRecord } from '@tidemark/kafka/transactional-producer';
import { generationOf } from '@tidemark/topics/generation';
import { alertsGroup } from '@tidemark/topics/groups';
import { eachRecord } from '../each-record.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { inPlaceOf } from './tasks.ts';

/**
 * Puts customers whom alerts name, and deliveries that are not made, under their pseudonyms. The instance that leads reads its alerts
 * again after it.
 *
 * @returns How many records were written anew.
 */
export async function renameAlerts(client: KafkaClient, names: Pseudonyms): Promise<number> {
  const { own, shared } = generationOf(1, client.settings.KAFKA_PREFIX);
  return inPlaceOf(client, [own(alertsGroup)], async ([producer]) => {
    const newest = new Map<string, KafkaRecord>();
    await eachRecord(client, shared.alerts, (record) => void newest.set(String(record.key), record));
    const records = [...newest.values()].flatMap(({ key, value }): OutgoingRecord[] => {
      const renamed = value === null ? undefined : renamedJson(value.toString(), names);
      return renamed === undefined ? [] : [{ key, value: Buffer.from(renamed) }];
    });
    await producer!.commit({
      sends: [{ topic: shared.alerts, partition: 0, records }],
      offsets: [],
      groupId: '',
    });
    return records.length;
  });
}

/** A JSON text with pseudonyms in place of customers, in lists of texts; `undefined` when it names none. */
export function renamedJson(text: string, names: Pseudonyms): string | undefined {
  let isChanged = false;
  const renamed = JSON.stringify(JSON.parse(text), (name, value: unknown) => {
    if (name !== 'customers' || !Array.isArray(value)) return value;
    return value.map((one: unknown) => {
      const pseudonym = typeof one === 'string' ? names.find('customer_id', one) : undefined;
      isChanged ||= pseudonym !== undefined;
      return pseudonym ?? one;
    });
  });
  return isChanged ? renamed : undefined;
}
