// @ts-check
/** Questions to the live service. */

const answerTimeoutMs = 20_000;

/** An answer that is none: `code` says why (`clickhouse.unavailable`, `history.off`, `service.away`…). */
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
 * @template Answer
 * @param {string} path
 * @param {{ query?: Record<string, string | number | undefined>, method?: string, body?: unknown }} [how]
 * @returns {Promise<Answer>}
 */
export async function ask(path, { query = {}, method = 'GET', body } = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(answerTimeoutMs),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((error) => {
    if (error.name === 'TimeoutError') throw new NoAnswer('service.slow', 'The answer took too long.');
    throw new NoAnswer('service.away', 'The live service does not answer.');
  });
  if (response.status === 401) location.assign('/login');
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const message = answer.message ?? `The live service answered ${response.status}.`;
    throw new NoAnswer(answer.code ?? `http.${response.status}`, message);
  }
  return answer;
}
