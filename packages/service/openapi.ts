/**
 * The OpenAPI 3.1 document of a service, made of its routes: each route carries its operation in `config.operation`, as
 * OpenAPI writes it. Input is judged by the services' own code, whose messages name the field and the fix.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

/** A JSON Schema, or another part of an OpenAPI document. */
export type Part = { readonly [key: string]: unknown };

/** A parameter; one of the path is always required. */
export type Parameter = {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: Part;
};

/** An operation as OpenAPI has it. Parameters of the path that are not given are texts. */
export type Operation = {
  /** Unique in the service; generated clients name their methods by it. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly [string];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Part;
  /** By status; the service's common ones come along. */
  readonly responses: { readonly [status: string]: Part };
  /** Whether anybody may ask, without a token. */
  readonly isOpen?: boolean;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route answers; `page` for a page and its files, which are no part of the API. */
    operation?: Operation | 'page';
  }

  interface FastifyInstance {
    /** What the routes of a server that describes itself say. */
    readonly api: ApiDescription;
  }
}

/** What a document says beside its operations. */
export type ApiInfo = {
  readonly title: string;
  readonly description: string;
  /** Whether an operation that is not open needs the token. */
  readonly needsToken: (operation: Operation) => boolean;
  /** What the token is, in a sentence. */
  readonly token: string;
  readonly schemas: { readonly [name: string]: Part };
};

/** The part of `components/schemas` with this name. */
export const ref = (name: string): Part => ({ $ref: `#/components/schemas/${name}` });

/** A response with a JSON body. */
export function answer(description: string, schema: Part, headers?: Part): Part {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/json': { schema } },
  };
}

/** A response that is text. */
export function textAnswer(description: string, type: string): Part {
  return { description, content: { [type]: { schema: { type: 'string' } } } };
}

/** An object with all of these properties, and possibly more. */
export function objectOf(
  properties: { readonly [name: string]: Part },
  optional: readonly string[] = [],
): Part {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', ...(required.length === 0 ? {} : { required }), properties };
}

/** A list. */
export const listOf = (items: Part): Part => ({ type: 'array', items });

const problem = objectOf({
  message: { type: 'string', description: 'What is wrong, and how to correct it.' },
});

/** The header of an answer that says when to ask again. */
export const retryAfter: Part = {
  'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' },
};

/** An answer that something is wrong. */
export const problemAnswer = (description: string, headers?: Part): Part =>
  answer(description, ref('Problem'), headers);

/** Operations that every service has. */
export const healthOperation: Operation = {
  operationId: 'getHealth',
  summary: 'Whether the process runs',
  tags: ['operation'],
  isOpen: true,
  responses: { 200: answer('It does.', objectOf({ status: { const: 'ok' } })) },
};

/** `GET /metrics`. */
export const metricsOperation: Operation = {
  operationId: 'getMetrics',
  summary: 'Figures of the service for Prometheus',
  tags: ['operation'],
  responses: { 200: textAnswer('Prometheus text.', 'text/plain') },
};

const documentOperation: Operation = {
  operationId: 'getOpenApi',
  summary: 'This document',
  tags: ['operation'],
  responses: { 200: answer('An OpenAPI 3.1 document.', { type: 'object' }) },
};

type Route = {
  readonly url: string;
  readonly methods: readonly string[];
  readonly operation: Operation | 'page' | undefined;
};

/** The routes of a server, with the document made of them. */
export type ApiDescription = {
  /** Routes that say nothing of themselves, `GET /path`; a test wants none. */
  readonly undescribed: () => readonly string[];
  readonly document: () => Part;
  /** Methods of the routes that a path matches. */
  readonly methodsOf: (path: string) => readonly string[];
};

/** Collects the operations of all routes that are added from now on. */
export function describeApi(app: FastifyInstance, info: ApiInfo): ApiDescription {
  const routes: Route[] = [];
  app.addHook('onRoute', ({ url, method, config }: RouteOptions) => {
    const methods = [method].flat().filter((one) => one !== 'HEAD');
    // A route at the root of a prefix is there with a slash at its end, too.
    const isRepeated = url.length > 1 && url.endsWith('/');
    if (methods.length > 0 && !isRepeated) routes.push({ url, methods, operation: config?.operation });
  });
  let made: Part | undefined;
  const description: ApiDescription = {
    undescribed: () =>
      routes
        .filter(({ operation }) => operation === undefined)
        .flatMap(({ url, methods }) => methods.map((method) => `${method} ${url}`)),
    document: () => (made ??= documentOf(routes, info)),
    methodsOf: (path) =>
      routes.filter(({ url }) => patternOf(url).test(path)).flatMap(({ methods }) => methods),
  };
  app.decorate('api', description);
  return description;
}

/** Serves the document at `/openapi.json`. */
export function serveOpenApi(app: FastifyInstance, { document }: ApiDescription): void {
  app.get('/openapi.json', { config: { operation: documentOperation } }, (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(document())),
  );
}

/**
 * Answers where no route is: 405 with the methods that the path has, else 404; before a body is looked at.
 *
 * @param hint What there is instead, a sentence.
 */
export function answerUnknown(app: FastifyInstance, { methodsOf }: ApiDescription, hint: string): void {
  const answerIt = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const methods = [...new Set(methodsOf(request.url.split('?', 1)[0]!))];
    if (methods.length === 0) return reply.code(404).send({ message: `There is nothing here; ${hint}` });
    const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    return reply
      .code(405)
      .header('allow', allowed.join(', '))
      .send({ message: `${request.method} is not answered here; send ${methods.join(' or ')}.` });
  };
  app.setNotFoundHandler(answerIt);
  app.addHook('preParsing', async (request, reply) => (request.is404 ? answerIt(request, reply) : undefined));
}

const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+/g, '[^/]+')}$`);

function documentOf(routes: readonly Route[], info: ApiInfo): Part {
  const paths: { [path: string]: { [method: string]: Part } } = {};
  for (const { url, methods, operation } of routes) {
    if (operation === undefined || operation === 'page') continue;
    const path = (paths[url.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    for (const method of methods) path[method.toLowerCase()] = operationOf(url, method, operation, info);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: info.title,
      version: '1',
      description: info.description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: info.token } },
      schemas: { Problem: problem, ...info.schemas },
    },
  };
}

function operationOf(url: string, method: string, given: Operation, info: ApiInfo): Part {
  const isChange = method !== 'GET';
  const { isOpen = false, ...operation } = given;
  const needsToken = !isOpen && info.needsToken(given);
  const named = new Set(operation.parameters?.map(({ name }) => name));
  const ofPath: Parameter[] = [...url.matchAll(/:(\w+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !named.has(name))
    .map((name) => ({ name, in: 'path', description: `The ${name}.`, schema: { type: 'string' } }));
  const parameters = [...ofPath, ...(operation.parameters ?? [])].map((one) =>
    one.in === 'path' ? { ...one, required: true } : one,
  );
  return {
    ...operation,
    ...(parameters.length === 0 ? {} : { parameters }),
    security: needsToken ? [{ token: [] }] : [],
    responses: {
      400: problemAnswer('The path has dots or an address in it.'),
      ...(isOpen ? {} : { 401: problemAnswer('No token, or a wrong one.') }),
      421: problemAnswer('Without a token only this machine is answered, by a name of its own.'),
      ...(needsToken
        ? { 429: problemAnswer('Too many requests, or too many wrong tokens.', retryAfter) }
        : {}),
      ...(isChange ? { 403: problemAnswer('A page of another origin asks for the change.') } : {}),
      ...operation.responses,
    },
  };
}
