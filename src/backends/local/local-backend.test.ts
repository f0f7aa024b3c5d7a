import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect, describeBackend, readBody } from '../../../test/conformance/backend.suite.ts';
import { createLocalBackend } from './local-backend.ts';

describeBackend('local', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wan-local-'));
  return {
    backend: createLocalBackend(`local://${folder}`, { localRoots: [] }),
    put: async (path, bytes) => write(join(folder, path), bytes),
    openCount: () => openFilesUnder(folder),
    stop: async () => rmSync(folder, { recursive: true }),
  };
});

describe('a local source', () => {
  const signal = new AbortController().signal;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wan-local-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (url: string, localRoots: string[] = []) => createLocalBackend(url, { localRoots, manifestDir: join(folder, 'beside') });

  it('is looked up in the local roots in order, then beside the manifest', async () => {
    write(join(folder, 'two/wan22/m@1.0.0/a'), 'from two');
    write(join(folder, 'beside/wan22/m@1.0.0/a'), 'beside');
    const roots = [join(folder, 'one'), join(folder, 'two')];
    expect(await text(open('local://wan22/m@1.0.0', roots), 'a')).toBe('from two');
    expect(await text(open('local://wan22/m@1.0.0'), 'a')).toBe('beside');
    expect(open('local://wan22/m@1.0.0', roots).localPath('a')).toBe(join(folder, 'two/wan22/m@1.0.0/a'));
  });

  it('that exists nowhere names every folder looked in', async () => {
    const backend = open('local://none', [join(folder, 'one')]);
    await expect(backend.stat('a', signal)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      reason: 'not_found',
      details: { folders: [join(folder, 'one/none'), join(folder, 'beside/none')] },
    });
    await expect(backend.stat('a', signal)).rejects.toThrow(join(folder, 'one/none'));
    await expect(collect(backend.list(signal))).rejects.toMatchObject({ reason: 'not_found' });
  });

  it('may be absolute, as local:/// or file:/// URL', async () => {
    write(join(folder, 'a b/x'), 'here');
    expect(await text(open(`local://${join(folder, 'a b')}`), 'x')).toBe('here');
    expect(await text(open(pathToFileURL(join(folder, 'a b')).href), 'x')).toBe('here');
  });

  it('cannot be told to leave its roots, nor to be on another host', () => {
    expect(() => open('local://../up')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    expect(() => open('local://a/../../up')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    expect(() => open('file://host/share%2fx')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });

  it('reads through links, as caches have them, and does not follow them in a circle', async () => {
    write(join(folder, 'blobs/abc'), 'linked');
    mkdirSync(join(folder, 'snapshot/sub'), { recursive: true });
    symlinkSync('../blobs/abc', join(folder, 'snapshot/model.bin'));
    symlinkSync('..', join(folder, 'snapshot/sub/up'));
    symlinkSync('nowhere', join(folder, 'snapshot/dangling'));
    const backend = open(`local://${join(folder, 'snapshot')}`);
    expect(await text(backend, 'model.bin')).toBe('linked');
    expect((await collect(backend.list(signal))).map(({ path }) => path)).toEqual(['model.bin']);
  });

  it.skipIf(process.platform === 'win32')('refuses a pipe or a folder in the place of a file, without waiting for a writer', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    mkdirSync(join(folder, 'folder'));
    const backend = open(`local://${folder}`);
    await expect(backend.stat('pipe', signal)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'not_a_file' });
    await expect(backend.open('folder', { signal })).rejects.toMatchObject({ reason: 'not_a_file' });
    expect(await collect(backend.list(signal))).toEqual([]);
  });

  it('notices that a file is written to, or cut, while it is read', async () => {
    write(join(folder, 'a'), Buffer.alloc(5_000_000));
    const backend = open(`local://${folder}`);
    for (const spoil of [() => truncateSync(join(folder, 'a'), 10), () => writeFileSync(join(folder, 'a'), 'new')]) {
      const { body } = await backend.open('a', { signal });
      const reading = (async () => {
        for await (const _ of body) spoil();
      })();
      await expect(reading).rejects.toMatchObject({ code: 'DRIFT', reason: 'validator_changed' });
    }
  });

  it('notices a change between opening and reading', async () => {
    write(join(folder, 'a'), 'old');
    const file = await open(`local://${folder}`).open('a', { signal });
    write(join(folder, 'a'), 'changed');
    await expect(readBody(file)).rejects.toMatchObject({ code: 'DRIFT' });
  });

  const text = async (backend: ReturnType<typeof open>, path: string) => (await readBody(await backend.open(path, { signal }))).toString();
});

function write(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** Descriptors of this process below a folder; 0 where the system does not tell. */
function openFilesUnder(folder: string): number {
  if (process.platform !== 'linux') return 0;
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(folder)).length;
}
