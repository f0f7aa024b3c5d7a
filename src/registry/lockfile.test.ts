import { describe, expect, it } from 'vitest';
import { isModelError } from '../domain/errors.ts';
import { EMPTY_LOCKFILE, type LockEntryBody, type Lockfile, lockfileText, sealEntry } from './lockfile.ts';
import { lockfilePath } from './manifest-file.ts';
import { examineLockfile, readLockfile } from './read-lockfile.ts';

const DIGEST = '3f1d5a6c0b7e9a24c8d06f1be53a7790d1c2b3a4958676f5e4d3c2b1a0f9e8d7';
const OTHER = 'b5c0d1e2f3a495867768594a3b2c1d0e9f8e7d6c5b4a392817060504f3e2d1c0';

const BODY: LockEntryBody = {
  request: OTHER,
  locked_at: '2026-11-27T12:00:00Z',
  source: 'hf://org/name',
  resolved: 'hf://org/name@c8c270b13ee05bfa474194ac9fb07a5868a97cea',
  revision: 'c8c270b13ee05bfa474194ac9fb07a5868a97cea',
  files: [
    { path: 'weights.safetensors', size: 4096, sha256: DIGEST, by: 'upstream' },
    { path: 'config (1).json', size: 12, sha256: OTHER, by: 'bytes', git_oid: 'c8c270b13ee05bfa474194ac9fb07a5868a97cea' },
    {
      path: 'bf16/weights.safetensors',
      size: 2048,
      sha256: OTHER,
      by: 'deriver',
      derived: { from: [DIGEST], dtype: 'bf16', deriver: 'wan-cast/1', settings: { rounding: 'nearest-even' } },
    },
  ],
};

const lockfile = (ids: readonly string[], body: LockEntryBody = BODY): Lockfile => ({
  components: new Map([['text@1.0.0', sealEntry(body)]]),
  models: new Map(ids.map((id) => [id, sealEntry(body)])),
});

const examine = (text: string) => examineLockfile({ path: 'models.lock', bytes: Buffer.from(text) });
const problemsOf = (text: string) => {
  const examined = examine(text);
  return 'problems' in examined ? examined.problems : [];
};

describe('the lockfile', () => {
  it('stands beside the manifest', () => {
    expect(lockfilePath('/a/models.toml')).toBe('/a/models.lock');
    expect(lockfilePath('/a/manifest')).toBe('/a/manifest.lock');
  });

  it('is read as it was written, derived files too', () => {
    const written = lockfile(['a@1.0.0', 'a@1.0.0@bf16']);
    expect(examine(lockfileText(written))).toEqual({ lockfile: written, edited: [] });
    expect(examine(lockfileText(EMPTY_LOCKFILE))).toEqual({ lockfile: EMPTY_LOCKFILE, edited: [] });
  });

  it('has one order, whatever the order of what goes in', () => {
    const shuffled = { ...BODY, files: [...BODY.files].reverse() };
    expect(lockfileText(lockfile(['b@1.0.0', 'a@1.0.0'], shuffled))).toBe(lockfileText(lockfile(['a@1.0.0', 'b@1.0.0'])));
  });

  it('changes by the lines of what changed: a file and the digest of its entry', () => {
    const changed = { ...BODY, files: BODY.files.map((file) => (file.size === 4096 ? { ...file, sha256: OTHER } : file)) };
    const before = lockfileText({
      components: new Map(),
      models: new Map([
        ['a@1.0.0', sealEntry(BODY)],
        ['b@1.0.0', sealEntry(BODY)],
      ]),
    }).split('\n');
    const after = lockfileText({
      components: new Map(),
      models: new Map([
        ['a@1.0.0', sealEntry(changed)],
        ['b@1.0.0', sealEntry(BODY)],
      ]),
    }).split('\n');
    expect(after.length).toBe(before.length);
    const lines = after.filter((line, index) => line !== before[index]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^digest = /);
    expect(lines[1]).toContain('weights.safetensors');
  });

  it('tells which entry was edited, and where it stands, and believes the others', () => {
    const text = lockfileText(lockfile(['a@1.0.0', 'b@1.0.0']));
    const at = text.lastIndexOf('size = 4096');
    const examined = examine(`${text.slice(0, at)}size = 4097${text.slice(at + 'size = 4096'.length)}`);
    const line = text.slice(0, text.indexOf('[models."b@1.0.0"]')).split('\n').length;
    expect(examined).toMatchObject({ edited: [{ kind: 'models', id: 'b@1.0.0', problem: { line, column: 1, code: 'edited_by_hand' } }] });
  });

  it('is not edited where only its layout or a comment is another', () => {
    const text = lockfileText(lockfile(['a@1.0.0'])).replace('lockfile_version = 1\n', 'lockfile_version = 1 # ours\n\n\n');
    expect(examine(text)).toMatchObject({ edited: [] });
  });

  it('keeps the line ends that git gave it', () => {
    const windows = lockfileText(lockfile(['a@1.0.0'])).replaceAll('\n', '\r\n');
    expect(lockfileText(lockfile(['a@1.0.0']), Buffer.from(windows))).toBe(windows);
    expect(examine(windows)).toMatchObject({ edited: [] });
  });

  it('recognises what a merge left in it', () => {
    const text = lockfileText(lockfile(['a@1.0.0'])).replace('files = [', '<<<<<<< HEAD\nfiles = [\n=======\nfiles = [\n>>>>>>> theirs');
    expect(problemsOf(text).map(({ code, line }) => [code, line > 4])).toEqual(Array(3).fill(['merge_conflict', true]));
    const caught: unknown[] = [];
    try {
      readLockfile({ path: '/x/models.lock', bytes: Buffer.from(text) });
    } catch (error) {
      caught.push(error);
    }
    expect(caught[0]).toMatchObject({ code: 'LOCKFILE_STALE', reason: 'merge_conflict', exitCode: 2 });
    expect(isModelError(caught[0]) && caught[0].hint).toContain('wan models lock');
  });

  it.each([
    ['', 'manifest_empty', 1],
    ['lockfile_version = 2\n', 'schema_version_mismatch', 1],
    ['lockfile_version = 1\nmodel = 1\n', 'unknown_key', 2],
    ['lockfile_version = 1\n[models."a@1.0.0"]\n', 'missing_key', 2],
    ['lockfile_version =\n', 'toml_syntax', 1],
  ])('names what is wrong, with its line: %j', (text, code, line) => {
    expect(problemsOf(text)[0]).toMatchObject({ file: 'models.lock', code, line });
  });

  it('refuses paths and digests that no manifest may hold', () => {
    const good = lockfileText(lockfile(['a@1.0.0']));
    expect(problemsOf(good.replaceAll('"weights.safetensors"', '"../weights"'))[0]).toMatchObject({ code: 'path_traversal' });
    expect(problemsOf(good.replaceAll(DIGEST, '0'.repeat(64)))[0]).toMatchObject({ code: 'digest_placeholder' });
    expect(problemsOf(good.replaceAll('"weights.safetensors"', '"bf16/WEIGHTS.safetensors"'))[0]).toMatchObject({
      code: 'path_collision_case',
    });
  });
});
