import { request } from 'node:http';
import { loopback } from './ports.ts';

/**
 * Asks a server on loopback for a page, over a connection of its own.
 *
 * @returns Whether the answer is 200.
 * @throws Error when nobody listens or no answer comes in time.
 */
export function answersHttp(port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = request({ host: loopback, port, path, agent: false, timeout: timeoutMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.once('error', reject);
    call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.end();
  });
}
