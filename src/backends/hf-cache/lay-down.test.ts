import { hash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HUB_PYTHON, hubCli, hubPython } from '../../../test/support/hub-client.ts';
import { describeWithReal } from '../../../test/support/real-server.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { sha256Of } from '../../domain/digest.ts';
import type { HubFile } from './hub-file.ts';
import { type LayDown, layDown } from './lay-down.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const BIG = Buffer.alloc(300_000, 'weights');
const SMALL = Buffer.from('{"model_type": "wan"}');
const sha256 = (bytes: Buffer): string => hash('sha256', bytes);
const gitId = (bytes: Buffer): string => hash('sha1', Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));

async function place() {
  const directory = await tempDir();
  const cache = join(directory, 'hub');
  let token = 0;
  const put = async (path: string, bytes: Buffer, { facts, ...more }: Partial<LayDown> & { facts?: Partial<HubFile> } = {}) => {
    const source = join(directory, `blob-${token++}`);
    writeFileSync(source, bytes, { mode: 0o444 });
    const file: HubFile = {
      repoType: 'model',
      repoId: 'Wan-AI/Wan2.2',
      revision: 'main',
      commit: COMMIT,
      path,
      sizeBytes: bytes.length,
      etag: bytes === SMALL ? gitId(bytes) : sha256(bytes),
      ...facts,
    };
    const request: LayDown = {
      directory: cache,
      file,
      bytes: { path: source, sha256: sha256Of(sha256(bytes)) },
      spareBytes: 0,
      token: token.toString(16).padStart(8, '0'),
      links: true,
      ...more,
    };
    await layDown(request);
    return source;
  };
  return { directory, cache, repo: join(cache, 'models--Wan-AI--Wan2.2'), put };
}

const namesIn = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

/** Whether files in the folder can share extents. */
function canShare(folder: string): boolean {
  try {
    writeFileSync(join(folder, 'shared'), BIG);
    copyFileSync(join(folder, 'shared'), join(folder, 'clone'), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  }
}

describe('a file laid down in the Hub cache', () => {
  it('lies where the client looks for it, with relative links, and nothing else is left behind', async () => {
    const { cache, repo, put } = await place();
    await put('unet/weights.safetensors', BIG);
    await put('config.json', SMALL);
    expect(namesIn(cache).filter((name) => lstatSync(join(cache, name)).isFile() || lstatSync(join(cache, name)).isSymbolicLink())).toEqual(
      [
        'CACHEDIR.TAG',
        `models--Wan-AI--Wan2.2/blobs/${sha256(BIG)}`,
        `models--Wan-AI--Wan2.2/blobs/${gitId(SMALL)}`,
        'models--Wan-AI--Wan2.2/refs/main',
        `models--Wan-AI--Wan2.2/snapshots/${COMMIT}/config.json`,
        `models--Wan-AI--Wan2.2/snapshots/${COMMIT}/unet/weights.safetensors`,
      ].sort(),
    );
    const snapshot = join(repo, 'snapshots', COMMIT);
    expect(readlinkSync(join(snapshot, 'unet/weights.safetensors'))).toBe(`../../../blobs/${sha256(BIG)}`);
    expect(readlinkSync(join(snapshot, 'config.json'))).toBe(`../../blobs/${gitId(SMALL)}`);
    expect(readFileSync(join(snapshot, 'unet/weights.safetensors'))).toEqual(BIG);
    expect(readFileSync(join(repo, 'refs/main'), 'utf8')).toBe(COMMIT);
  });

  it('is a file of its own, as writable as the user makes files: never one inode with the store', async () => {
    const { directory, repo, put } = await place();
    const source = await put('w', BIG);
    writeFileSync(join(directory, 'ordinary'), '');
    const blob = statSync(join(repo, 'blobs', sha256(BIG)));
    expect([blob.nlink, blob.mode]).toEqual([1, statSync(join(directory, 'ordinary')).mode]);
    expect(blob.ino).not.toBe(statSync(source).ino);
    expect(statSync(source).mode & 0o777).toBe(0o444);
  });

  it('takes away what a killed process of ours left of a ref an hour ago; what is younger, or of others, stays', async () => {
    const { repo, put } = await place();
    const left = ['main.wan-00c0ffee.tmp', 'pr/1.wan-00c0ffee.tmp', 'main.00c0ffee.tmp', 'main.wan-00c0ffee.tmp.bak', 'v1.tmp'];
    mkdirSync(join(repo, 'refs/pr'), { recursive: true });
    mkdirSync(join(repo, 'refs/dir.wan-00c0ffee.tmp'));
    for (const name of [...left, 'main.wan-0000beef.tmp']) writeFileSync(join(repo, 'refs', name), COMMIT);
    for (const name of left) utimesSync(join(repo, 'refs', name), 0, 0);
    await put('config.json', SMALL);
    expect(namesIn(join(repo, 'refs'))).toEqual(['dir.wan-00c0ffee.tmp', 'main', 'main.wan-0000beef.tmp', 'pr', ...left.slice(2)].sort());
  });

  it('is left as it is where it was there before; only the ref follows', async () => {
    const { repo, put } = await place();
    await put('w', BIG);
    const before = statSync(join(repo, 'blobs', sha256(BIG)));
    const next = 'f'.repeat(40);
    await put('w', BIG, { facts: { commit: next } });
    expect(statSync(join(repo, 'blobs', sha256(BIG)))).toMatchObject({ ino: before.ino, ctimeMs: before.ctimeMs });
    expect(readFileSync(join(repo, 'snapshots', next, 'w'))).toEqual(BIG);
    expect(readFileSync(join(repo, 'snapshots', COMMIT, 'w'))).toEqual(BIG);
    expect(readFileSync(join(repo, 'refs/main'), 'utf8')).toBe(next);
  });

  it('needs no ref where the commit was asked for; refs of pull requests and datasets have their own places', async () => {
    const { cache, repo, put } = await place();
    await put('w', BIG, { facts: { revision: COMMIT } });
    expect(existsSync(join(repo, 'refs'))).toBe(false);
    await put('w', BIG, { facts: { revision: 'refs/pr/7' } });
    expect(readFileSync(join(repo, 'refs/refs/pr/7'), 'utf8')).toBe(COMMIT);
    await put('w', BIG, { facts: { repoType: 'dataset', repoId: 'org/data' } });
    expect(readFileSync(join(cache, 'datasets--org--data/snapshots', COMMIT, 'w'))).toEqual(BIG);
  });

  it('has no link of its own beside a blob that is not whole: one that was left would stay for good', async () => {
    const { repo, put } = await place();
    const seen: string[][] = [];
    const look = setInterval(() => existsSync(join(repo, 'blobs')) && seen.push(readdirSync(join(repo, 'blobs'))), 0);
    await put('w', Buffer.alloc(64_000_000, 'weights')).finally(() => clearInterval(look));
    const isPart = (name: string): boolean => /^[0-9a-f]{64}\.[0-9a-f]{8}\.incomplete$/.test(name);
    expect(seen.filter((names) => names.some(isPart) && names.some((name) => name.includes('.link-')))).toEqual([]);
    expect(readdirSync(join(repo, 'blobs'))).toHaveLength(1);
  });

  it('mends a link whose blob is gone', async () => {
    const { repo, put } = await place();
    await put('w', BIG);
    rmSync(join(repo, 'blobs', sha256(BIG)));
    symlinkSync('../../blobs/cc/gone', join(repo, 'blobs', sha256(BIG)));
    await put('w', BIG);
    expect(readFileSync(join(repo, 'snapshots', COMMIT, 'w'))).toEqual(BIG);
  });

  it('on a volume without links is the file itself, once in each snapshot', async () => {
    const { repo, put } = await place();
    await put('sub/w', BIG, { links: false });
    await put('again', BIG, { links: false });
    expect(readdirSync(join(repo, 'blobs'))).toEqual([]);
    for (const path of ['sub/w', 'again']) {
      expect(lstatSync(join(repo, 'snapshots', COMMIT, path)).isFile()).toBe(true);
      expect(readFileSync(join(repo, 'snapshots', COMMIT, path))).toEqual(BIG);
    }
  });

  it('is refused where its bytes are not those of its name, and where a name could lead astray', async () => {
    const { cache, put } = await place();
    await expect(put('w', BIG, { facts: { etag: 'd'.repeat(64) } })).rejects.toMatchObject({ code: 'DRIFT', reason: 'other_bytes' });
    await expect(put('w', BIG, { facts: { etag: 'd'.repeat(40) } })).rejects.toMatchObject({ code: 'DRIFT' });
    for (const facts of [
      { path: '../../w' },
      { revision: '../x' },
      { commit: 'main' },
      { etag: '../../x' },
      { repoId: '../..' },
      { repoId: 'a' },
    ])
      await expect(put('w', BIG, { facts }), JSON.stringify(facts)).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    expect(existsSync(cache)).toBe(false);
  });

  it('never goes through a link out of the cache, nor over a file that is not what its name says', async () => {
    const { directory, repo, put } = await place();
    mkdirSync(join(directory, 'outside'));
    mkdirSync(repo, { recursive: true });
    symlinkSync(join(directory, 'outside'), join(repo, 'blobs'));
    await expect(put('w', BIG)).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'link' });
    expect(readdirSync(join(directory, 'outside'))).toEqual([]);
    rmSync(join(repo, 'blobs'));
    symlinkSync(join(directory, 'outside'), join(repo, 'snapshots'));
    await expect(put('sub/w', BIG)).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'link' });
    expect(readdirSync(join(directory, 'outside'))).toEqual([]);
    rmSync(join(repo, 'snapshots'));
    writeFileSync(join(repo, 'blobs', sha256(BIG)), 'cut');
    await expect(put('w', BIG)).rejects.toMatchObject({ reason: 'blob_wrong' });
    expect(readFileSync(join(repo, 'blobs', sha256(BIG)), 'utf8')).toBe('cut');
  });

  it('leaves the room that must stay free, unless it needs none, and no part of itself', async () => {
    const { directory, repo, put } = await place();
    const laid = put('w', BIG, { spareBytes: 2 ** 60 });
    if (canShare(directory)) await laid;
    else await expect(laid).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(readdirSync(join(repo, 'blobs')).filter((name) => name !== sha256(BIG))).toEqual([]);
  });

  it.each(Array.from({ length: 10 }, (_, round) => round))('may be laid down by several at once (%d)', async () => {
    const { repo, put } = await place();
    await Promise.all(Array.from({ length: 8 }, () => put('w', BIG)));
    expect(readdirSync(join(repo, 'blobs'))).toEqual([sha256(BIG)]);
    expect(readFileSync(join(repo, 'snapshots', COMMIT, 'w'))).toEqual(BIG);
    expect(readdirSync(join(repo, 'refs'))).toEqual(['main']);
  });
});

const READ_BACK = `
import json, sys
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
folder = snapshot_download("Wan-AI/Wan2.2", local_files_only=True)
one = hf_hub_download("Wan-AI/Wan2.2", "unet/weights.safetensors")
info = scan_cache_dir()
print(json.dumps({
  "folder": folder,
  "one": one,
  "warnings": [str(w) for w in info.warnings],
  "incomplete": len(info.incomplete_files),
  "repos": [[r.repo_id, r.repo_type, r.nb_files, r.size_on_disk, [[v.commit_hash, sorted(v.refs)] for v in r.revisions]] for r in info.repos],
}))
`;

describeWithReal('a cache that was laid down by us', {
  needs: [HUB_PYTHON],
  suite: () => {
    it.each([true, false])('is what the Hub client finds offline, whole and without a warning (links: %s)', async (links) => {
      const { cache, repo, put } = await place();
      await put('unet/weights.safetensors', BIG, { links });
      await put('config.json', SMALL, { links });
      const { code, stdout, stderr } = await hubPython(READ_BACK, [], { cache });
      expect(code, stderr).toBe(0);
      const snapshot = join(repo, 'snapshots', COMMIT);
      expect(JSON.parse(stdout)).toEqual({
        folder: snapshot,
        one: join(snapshot, 'unet/weights.safetensors'),
        warnings: [],
        incomplete: 0,
        repos: [['Wan-AI/Wan2.2', 'model', 2, BIG.length + SMALL.length, [[COMMIT, ['main']]]]],
      });
      const listed = await hubCli(['cache', 'ls', '--show-warnings', '--format', 'json'], { cache });
      expect(listed.code, listed.stderr).toBe(0);
      expect(listed.stdout).toContain('Wan-AI/Wan2.2');
      expect(listed.stdout + listed.stderr).not.toMatch(/warning|corrupt/i);
    });
  },
});
