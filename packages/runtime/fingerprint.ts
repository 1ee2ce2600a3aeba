import type { Definition } from '@tidemark/metrics/definition/definition';

const known = new WeakMap<Definition, number>();
const ofAll = new WeakMap<readonly Definition[], readonly number[]>();
const forms = new WeakMap<readonly Definition[], number>();

/** 32 bits that identify a definition in one version (FNV-1a of its name and version). */
export function fingerprintOf(definition: Definition): number {
  let hash = known.get(definition);
  if (hash !== undefined) return hash;
  hash = fnv(`${definition.name}@${definition.version}`);
  known.set(definition, hash);
  return hash;
}

/** The fingerprints of these definitions, in their order. */
export function fingerprintsOf(definitions: readonly Definition[]): readonly number[] {
  let hashes = ofAll.get(definitions);
  if (hashes !== undefined) return hashes;
  hashes = definitions.map(fingerprintOf);
  ofAll.set(definitions, hashes);
  return hashes;
}

/** 32 bits that identify the form of the states of these definitions, in this order. */
export function formOf(definitions: readonly Definition[]): number {
  let hash = forms.get(definitions);
  if (hash !== undefined) return hash;
  hash = fnv(definitions.map(({ name, version, form = 1 }) => `${name}@${version}#${form}`).join());
  forms.set(definitions, hash);
  return hash;
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
