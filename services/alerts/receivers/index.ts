import type { Path } from '@tidemark/service/yaml-file';
import { receiverKinds } from './kinds.ts';
import type { Fields, Receiver } from './receiver.ts';
import { withVariables } from './variables.ts';

export { receiverKinds } from './kinds.ts';

/**
 * Reads a receiver that conforms to the schema.
 *
 * @param variables What `${NAME}` is replaced with.
 * @param complain Called for each mistake.
 */
export function receiverOf(
  raw: { readonly [field: string]: unknown },
  variables: Readonly<Record<string, string | undefined>>,
  complain: (field: Path, message: string) => void,
): Receiver {
  const text = (field: string): string =>
    withVariables(String(raw[field]), (name) => {
      const value = variables[name];
      if (value === undefined || value === '') complain([field], `\${${name}} is not set in the environment`);
      return value ?? '';
    });
  const fields: Fields = {
    has: (field) => raw[field] !== undefined,
    text,
    url(field) {
      const url = text(field);
      if (url !== '' && !URL.canParse(url)) complain([field], `${field} is not a URL`);
      return url;
    },
    texts: (field) => raw[field] as string[],
  };
  const kind = receiverKinds.find((one) => one.kind === raw['kind'])!;
  return {
    name: raw['name'] as string,
    kind: kind.kind,
    severities: (raw['severities'] as Receiver['severities'] | undefined) ?? ['page', 'ticket'],
    send: kind.read(fields),
  };
}

/** The part of rules.schema.json that is about receivers; `npm run generate` writes it there. */
export function receiverSchema(): object {
  return {
    type: 'object',
    required: ['name', 'kind'],
    properties: { kind: { enum: receiverKinds.map(({ kind }) => kind) } },
    allOf: receiverKinds.map(({ kind, required, fields }) => ({
      if: { properties: { kind: { const: kind } } },
      // oxlint-disable-next-line unicorn/no-thenable -- it is a keyword of JSON Schema
      then: {
        additionalProperties: false,
        required,
        properties: {
          name: { $ref: '#/definitions/name' },
          kind: {},
          severities: { $ref: '#/definitions/severities' },
          ...fields,
        },
      },
    })),
  };
}
