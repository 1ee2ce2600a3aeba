import { receiverSchema } from '../../services/alerts/receivers/index.ts';

/** The schema of the alert rules file. */
export const rulesSchemaFile = 'services/alerts/rules/rules.schema.json';

/** The schema with its part about receivers as the receivers define it; the rest is written by hand. */
export function rulesSchema(text: string): string {
  const schema = JSON.parse(text) as { definitions: Record<string, object> };
  const definitions = { ...schema.definitions, receiver: receiverSchema() };
  return JSON.stringify({ ...schema, definitions });
}
