import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../domain/errors.ts';
import { probeVolume } from './probe-volume.ts';
import { VOLUME_POWERS } from './volume-facts.ts';

let folder: string;
const mounts: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wan-volume-'));
});
afterEach(async () => {
  for (const mounted of mounts.splice(0)) execFileSync('umount', ['-l', mounted]);
  await rm(folder, { recursive: true, force: true });
});

describe('the probe of a volume', () => {
  it('finds what every volume for temporary files can do, and leaves nothing behind', async () => {
    const facts = await probeVolume(folder);
    for (const power of ['write', 'renameOverFile', 'syncFile', 'lock', 'lockExcludes', 'unlock', 'longNames'] as const) {
      expect([power, facts.powers[power]]).toEqual([power, { ok: true }]);
    }
    expect(facts.powers.renameOverFolder).toMatchObject({ ok: false, detail: expect.stringMatching(/^E[A-Z]+$/) as string });
    expect(facts.totalBytes).toBeGreaterThanOrEqual(facts.freeBytes);
    expect(facts.freeBytes).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('answers for every power', async () => {
    expect(Object.keys((await probeVolume(folder)).powers).sort()).toEqual([...VOLUME_POWERS].sort());
  });

  it('two at once do not disturb each other', async () => {
    const [a, b] = await Promise.all([probeVolume(folder), probeVolume(folder)]);
    expect(a.powers).toEqual(b.powers);
  });

  it('ends with CANCELLED when aborted, with nothing left behind', async () => {
    await expect(probeVolume(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    const reason = new ModelError('NETWORK_TIMEOUT', 'over');
    await expect(probeVolume(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
  });

  it('a folder that is not there is an error that names it', async () => {
    const missing = join(folder, 'none');
    await expect(probeVolume(missing)).rejects.toMatchObject({
      code: 'FILESYSTEM_ERROR',
      message: expect.stringContaining(missing) as string,
    });
  });
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.runIf(canMount)('the probe of volumes made for it (needs root on Linux to mount them)', () => {
  const mount = (options: string) => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    mounts.push(folder);
  };

  it('names the file system and its size', async () => {
    mount('size=1m');
    expect(await probeVolume(folder)).toMatchObject({ fileSystem: 'tmpfs', totalBytes: 1024 * 1024 });
  });

  it('a read-only one: no write access, the rest unknown', async () => {
    mount('size=1m,ro');
    const { powers } = await probeVolume(folder);
    expect(powers.write).toEqual({ ok: false, detail: 'EROFS' });
    expect(powers.lock.ok).toBe('unknown');
  });

  it('a full one says nothing against the volume', async () => {
    mount('size=64k');
    await writeFile(join(folder, 'filler'), Buffer.alloc(65_536)).catch(() => undefined);
    const { powers } = await probeVolume(folder);
    expect(powers.write).toEqual({ ok: 'unknown', detail: 'ENOSPC' });
    expect(powers.lockExcludes.ok).not.toBe(false);
    expect(await readdir(folder)).toEqual(['filler']);
  });
});
