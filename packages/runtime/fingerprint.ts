import type { Definition } from '@tidemark/metrics/definition/definition';

const known = new WeakMap<Definition, number>();

/** 32 bits that tell a definition in one version from any other (FNV-1a of its name and version). */
export function fingerprintOf(definition: Definition): number {
  let hash = known.get(definition);
  if (hash !== undefined) return hash;
  hash = 0x811c9dc5;
  const text = `${definition.name}@${definition.version}`;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash >>>= 0;
  known.set(definition, hash);
  return hash;
}
