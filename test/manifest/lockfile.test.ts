/** config/models.lock beside config/models.toml: made by `wan models lock --offline --manifest config/models.toml`. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isAllMade } from '../../src/registry/lock-owners.ts';
import { whyStale } from '../../src/registry/lock-view.ts';
import { openLock } from '../../src/registry/open-lock.ts';

const { parts, lockfile } = openLock(join(import.meta.dirname, '..', '..', 'config', 'models.toml'));

it('no entry was edited, or made for another manifest', () => {
  for (const { owner, entry, isEdited } of parts) {
    expect(isEdited, owner.id).toBe(false);
    if (entry !== undefined) expect(whyStale(owner, entry), `${owner.id}: run the command above`).toBeUndefined();
  }
});

it('pins every part that can be pinned without asking anybody, and makes nothing up', () => {
  const known = parts.filter(({ owner }) => !isAllMade(owner) && owner.files?.every(({ sha256 }) => sha256 !== undefined));
  expect(known.length).toBeGreaterThan(5);
  expect([...lockfile.components.keys(), ...lockfile.models.keys()].sort()).toEqual(known.map(({ owner }) => owner.id).sort());
  for (const { owner, entry } of known) {
    const digests = owner.files?.map(({ path, size, sha256 }) => [path, size, sha256]).sort();
    expect(entry?.files.map(({ path, size, sha256 }) => [path, size, sha256])).toEqual(digests);
  }
});
