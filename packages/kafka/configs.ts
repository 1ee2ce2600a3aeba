import { type Admin, ConfigResourceTypes } from './kafkajs.ts';

/** Settings of a topic or a broker, by name. */
export type Configs = Readonly<Record<string, string>>;

type Entries = readonly { readonly configName: string; readonly configValue: string }[];

/** Settings of topics by topic; those that a broker does not have are absent. */
export async function topicConfigs(
  admin: Admin,
  asked: readonly { readonly topic: string; readonly names: readonly string[] }[],
): Promise<ReadonlyMap<string, Configs>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: asked.map(({ topic, names }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: [...names],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [resourceName, configsIn(configEntries)]),
  );
}

/** Settings of all brokers, by the broker's number. */
export async function brokerConfigs(
  admin: Admin,
  names: readonly string[],
): Promise<ReadonlyMap<number, Configs>> {
  const { brokers } = await admin.describeCluster();
  const answers = brokers.map(async ({ nodeId }): Promise<[number, Configs]> => {
    // Each broker answers for itself alone.
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.BROKER, name: String(nodeId), configNames: [...names] }],
    });
    return [nodeId, configsIn(resources.flatMap(({ configEntries }) => configEntries))];
  });
  return new Map(await Promise.all(answers));
}

function configsIn(entries: Entries): Configs {
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
}
