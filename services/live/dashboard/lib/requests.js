// @ts-check
/** Questions to the live service. */

const answerTimeoutMs = 20_000;

/**
 * A failed request. `code` gives the reason: `clickhouse.unavailable`, `history.off`, `service.away`, `answer.incomplete`…
 */
export class NoAnswer extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * The answer to a request. An answer that breaks off, is no JSON or lacks a field of `expects` is an error: the page never
 * takes a missing figure for 0.
 *
 * @template Answer
 * @param {string} path
 * @param {{ query?: Record<string, string | number | readonly string[] | undefined>, expects?: readonly string[] }} [how]
 * @returns {Promise<Answer>}
 */
export async function getJson(path, { query = {}, expects = [] } = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) url.searchParams.append(name, String(one));
  }
  const answer = await answerOf(await responseOf(url, {}));
  const missing = expects.filter((field) => answer?.[field] === undefined);
  if (missing.length > 0)
    throw new NoAnswer('answer.incomplete', `The answer is incomplete: ${missing.join(', ')} is missing.`);
  return answer;
}

/**
 * Asks for a change.
 *
 * @param {'POST' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body]
 */
export async function change(method, path, body) {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  await answerOf(await responseOf(new URL(path, location.origin), { method, ...sent }));
}

/**
 * The text of an error for the reader: the message of the service, if there is one.
 *
 * @param {unknown} error
 * @param {string} otherwise
 */
export function errorText(error, otherwise) {
  return error instanceof NoAnswer ? error.message : otherwise;
}

/**
 * @param {URL} url
 * @param {RequestInit} request
 */
async function responseOf(url, request) {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(answerTimeoutMs) });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      throw new NoAnswer('service.slow', 'The answer took too long.');
    throw new NoAnswer('service.away', 'The live service does not answer.');
  }
}

/** @param {Response} response */
async function answerOf(response) {
  if (response.status === 401) location.assign('/login');
  const text = await response.text().catch(() => '');
  const answer = parsed(text);
  if (!response.ok) {
    const message = answer?.message ?? `The live service answered ${response.status}.`;
    throw new NoAnswer(answer?.code ?? `http.${response.status}`, message);
  }
  if (answer === undefined && response.status !== 204)
    throw new NoAnswer('answer.incomplete', 'The answer broke off.');
  return answer;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
