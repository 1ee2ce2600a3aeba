import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Definition } from '@tidemark/metrics/definition/definition';
import { fingerprintOf } from './fingerprint.ts';

const fingerprint = (name: string, version: string): number => fingerprintOf({ name, version } as Definition);

test('a fingerprint is FNV-1a of name and version, for it is stored and must never become another', () => {
  // From the published test vectors' recurrence, over the bytes of `sales@1`.
  let hash = 2_166_136_261n;
  for (const byte of new TextEncoder().encode('sales@1'))
    hash = ((hash ^ BigInt(byte)) * 16_777_619n) % 2n ** 32n;
  assert.equal(fingerprint('sales', '1'), Number(hash));
});

test('another name or another version is another definition', () => {
  const all = [fingerprint('sales', '1'), fingerprint('sales', '2'), fingerprint('loyalty', '1')];
  assert.equal(new Set(all).size, 3);
});
