import { pino } from 'pino';
import { Registry } from 'prom-client';
import { conforming } from '@tidemark/service/openapi.fixtures';
import { personalDataApi } from './api.ts';
import { type Erase, Erasures } from './erasures.ts';
import type { Certificate } from './forget/certificate.ts';

/** The certificate of an erasure that has found nothing. */
export const certificateOf = (id: string, customers: number): Certificate => ({
  id,
  customers,
  entities: 7,
  erased_at: '2026-05-04T10:00:00.000Z',
  places: [],
  not_searched: [],
  not_rebuilt: [],
});

/** The API over erasures that go as a test says. */
export function api(token: string, erase: Erase, waiting: readonly string[] = []) {
  const ending = new AbortController();
  const erasures = new Erasures(erase, pino({ level: 'silent' }), ending.signal);
  const certificates = new Map<string, unknown>();
  const app = conforming(
    personalDataApi({ erasures, certificates, registry: new Registry(), waitingFor: () => waiting, token }),
  );
  return { app, erasures, certificates, end: () => ending.abort() };
}

/** The API over erasures that are done at once. */
export function erasing(token: string) {
  const made = api(token, async (ids, { id, onBegun }) => {
    onBegun();
    const certificate = certificateOf(id, ids.size);
    made.certificates.set(id, certificate);
    return certificate;
  });
  return made;
}
