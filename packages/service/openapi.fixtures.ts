import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { Part } from './openapi.ts';

type Described = { readonly paths: { readonly [path: string]: { readonly [method: string]: Part } } };
type Contents = { readonly content?: { readonly [type: string]: Part } };

/** Formats that the documents use. */
const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
};

/** Pointer to a part of a document. */
const pointerOf = (...names: readonly string[]): string =>
  names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * The server, each of whose answers from now on is compared with its OpenAPI document: the status is there, and the body
 * is of its type and schema.
 */
export function conforming<App extends FastifyInstance>(app: App): App {
  const inject = app.inject.bind(app);
  let check: ((method: string, url: string, response: LightMyRequestResponse) => void) | undefined;
  const asked = async (given: string | { url: string; method?: string }): Promise<LightMyRequestResponse> => {
    const response = await inject(given as string);
    check ??= checkOf(app.api.document() as Described);
    const { url, method = 'GET' } = typeof given === 'string' ? { url: given } : given;
    check(method, url.split('?', 1)[0]!, response);
    return response;
  };
  app.inject = asked as typeof app.inject;
  return app;
}

function checkOf(document: Described) {
  const ajv = new Ajv2020({ strict: false, formats, allErrors: true, validateSchema: false });
  ajv.addSchema({ ...document }, 'api');
  const validators = new Map<string, ReturnType<typeof ajv.compile>>();
  return (method: string, url: string, { statusCode, headers, body }: LightMyRequestResponse): void => {
    const path = Object.keys(document.paths).find((one) =>
      new RegExp(`^${one.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', String.raw`\.`)}$`).test(url),
    );
    const name = method.toLowerCase();
    if (path === undefined || document.paths[path]![name] === undefined) return;
    const what = `${method} ${path} ${statusCode}`;
    const { responses } = document.paths[path]![name] as { responses: { [status: string]: Contents } };
    const response = responses[statusCode];
    assert.ok(response, `${what} is not described`);
    if (response.content === undefined) return assert.equal(body, '', what);
    const type = String(headers['content-type']).split(';', 1)[0]!;
    assert.ok(response.content[type], `${what} is ${type}, which is not described`);
    if (type.startsWith('text/')) return undefined;
    const place = pointerOf('paths', path, name, 'responses', String(statusCode), 'content', type, 'schema');
    const validate =
      validators.get(place) ??
      ajv.compile({ $ref: `api#${place.replaceAll('{', '%7B').replaceAll('}', '%7D')}` });
    validators.set(place, validate);
    assert.ok(
      validate(JSON.parse(body)),
      `${what}: ${ajv.errorsText(validate.errors)} in ${body.slice(0, 500)}`,
    );
    return undefined;
  };
}

/** A server whose document is whole: each route is in it or is a page, and each operation has an id of its own. */
export function assertWhole(app: FastifyInstance): void {
  assert.deepEqual(app.api.undescribed(), []);
  const { paths } = app.api.document() as Described;
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((one) => one['operationId']),
  );
  assert.deepEqual(ids, [...new Set(ids)]);
}
