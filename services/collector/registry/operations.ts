import { listOf, objectOf, type Operation, type Parameter, type Part, ref } from '@tidemark/service/openapi';

/** The content type of the registry's answers. */
export const contentType = 'application/vnd.schemaregistry.v1+json';

const inRegistry = (description: string, schema: Part): Part => ({
  description,
  content: { [contentType]: { schema } },
});

const fault = (description: string): Part => {
  const { content } = inRegistry(description, ref('RegistryFault'));
  return { description, content: { ...(content as Part), 'application/json': { schema: ref('Problem') } } };
};

const text: Part = { type: 'string' };
const whole: Part = { type: 'integer' };
const faults: { readonly [status: string]: Part } = {
  404: fault('40401 no such subject, 40402 no such version, 40403 no such schema.'),
  422: fault('42201 no Avro schema, 42202 no version, 42205 a change, which the registry does not take.'),
};

const version = objectOf({
  subject: text,
  id: whole,
  version: whole,
  schemaType: { const: 'AVRO' },
  schema: text,
});
const level = objectOf({ compatibilityLevel: { const: 'BACKWARD' } });

const subjectPrefix: Parameter = {
  name: 'subjectPrefix',
  in: 'query',
  description: 'How the subjects begin.',
  schema: text,
};
const latestOnly: Parameter = {
  name: 'latestOnly',
  in: 'query',
  description: 'Whether only the latest version of each subject is listed.',
  schema: { type: 'boolean' },
};
const schemaBody: Part = {
  required: true,
  content: Object.fromEntries(
    [contentType, 'application/json'].map((type) => [
      type,
      {
        schema: objectOf(
          {
            schema: { type: 'string', description: 'An Avro schema in JSON.' },
            schemaType: { const: 'AVRO' },
          },
          ['schemaType'],
        ),
      },
    ]),
  ),
};

function read(
  operationId: string,
  summary: string,
  schema: Part,
  parameters: readonly Parameter[] = [],
): Operation {
  return {
    operationId,
    summary,
    tags: ['registry'],
    parameters,
    responses: { 200: inRegistry('As it is registered.', schema), ...faults },
  };
}

function judge(operationId: string, summary: string, schema: Part): Operation {
  return { ...read(operationId, summary, schema), requestBody: schemaBody };
}

/** An operation that would change the registry, which refuses it. */
export function refused(operationId: string, summary: string): Operation {
  return { operationId, summary, tags: ['registry'], responses: faults };
}

/** The operations of the registry by what they do. */
export const operations = {
  types: read('listSchemaTypes', 'Types of schemas', listOf({ const: 'AVRO' })),
  contexts: read('listContexts', 'Contexts of subjects', listOf({ const: '.' })),
  schemas: read('listSchemas', 'Schemas of all subjects', listOf(version), [subjectPrefix, latestOnly]),
  byId: read('getSchemaById', 'The schema of an id, as text', objectOf({ schema: text })),
  rawById: read('getRawSchemaById', 'The schema of an id, as it is', { type: ['object', 'string'] }),
  subjectsOfId: read('listSubjectsOfSchema', 'Subjects that have the schema of an id', listOf(text)),
  versionsOfId: read(
    'listVersionsOfSchema',
    'Versions that have the schema of an id',
    listOf(objectOf({ subject: text, version: whole })),
  ),
  subjects: read('listSubjects', 'Names of the subjects', listOf(text), [subjectPrefix]),
  versions: read('listVersions', "Numbers of a subject's versions", listOf(whole)),
  version: read('getVersion', 'A version of a subject; `latest` is the newest', version),
  rawVersion: read('getRawVersion', 'The schema of a version, as it is', { type: ['object', 'string'] }),
  references: read('listReferences', 'Schemas that refer to a version: none', listOf(whole)),
  lookUp: judge('lookUpSchema', 'The version that has the shape of a schema', version),
  register: judge('registerSchema', 'The id of a schema that is registered already', objectOf({ id: whole })),
  compatibility: judge(
    'testCompatibility',
    'Whether a reader with a schema reads what a version wrote',
    objectOf({ is_compatible: { type: 'boolean' }, messages: listOf(text) }, ['messages']),
  ),
  config: read('getConfig', 'The level of compatibility', level),
  subjectConfig: read('getSubjectConfig', 'The level of compatibility of a subject', level),
  mode: read('getMode', 'The mode of the registry', objectOf({ mode: { const: 'READONLY' } })),
  subjectMode: read('getSubjectMode', 'The mode of a subject', objectOf({ mode: { const: 'READONLY' } })),
} as const;
