import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeOnSmallDisk, smallDisk } from '../../test/support/small-disk.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { CredentialStore } from './credential-store.ts';

const HUB = { service: 'hf', origin: 'https://huggingface.co' } as const;
const TOKEN = 'hf_QmZkTrWxYvLpNsBdFgHjKlAbCd';

let userConfigDir: string;
let store: CredentialStore;
beforeEach(async () => {
  userConfigDir = join(await tempDir(), 'config', 'wan');
  store = new CredentialStore({ userConfigDir, keyring: 'off' });
});

const folder = () => join(userConfigDir, 'credentials');
const onlyFile = async () => join(folder(), (await readdir(folder()))[0] ?? '');
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('a stored credential', () => {
  it('is given back for its service and origin, and for no other', async () => {
    const { place, keyringProblem } = await store.save({ ...HUB, account: 'alice', secret: { token: TOKEN } });
    expect({ place, keyringProblem }).toEqual({ place: await onlyFile(), keyringProblem: 'keyring = "off"' });
    const found = await store.find('hf', 'https://huggingface.co');
    expect(found).toMatchObject({ ...HUB, kept: 'file', account: 'alice' });
    expect(found && (await store.secretOf(found))).toEqual({ token: TOKEN });
    for (const [service, origin] of [
      ['hf', 'https://huggingface.co:8443'],
      ['hf', 'http://huggingface.co'],
      ['hf', 'https://mirror.example'],
      ['github', 'https://huggingface.co'],
    ] as const)
      expect(await store.find(service, origin)).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('lies in a file of mode 600 in a folder of mode 700, also where that was open', async () => {
    await mkdir(folder(), { recursive: true, mode: 0o755 });
    await store.save({ ...HUB, secret: { token: TOKEN } });
    expect([await modeOf(await onlyFile()), await modeOf(folder())]).toEqual(['600', '700']);
  });

  it('is replaced by the next one, and leaves nothing behind when it goes', async () => {
    await store.save({ ...HUB, secret: { token: 'hf_old' } });
    await store.save({ ...HUB, secret: { token: TOKEN } });
    expect(await readdir(folder())).toHaveLength(1);
    expect(await readFile(await onlyFile(), 'utf8')).not.toContain('hf_old');
    expect(await store.remove(HUB.service, HUB.origin)).toBe(true);
    expect(await readdir(folder())).toEqual([]);
    expect(await store.remove(HUB.service, HUB.origin)).toBe(false);
  });

  it('does not lose its neighbours when many are stored at once', async () => {
    const origins = Array.from({ length: 20 }, (_, index) => `https://mirror-${index}.example`);
    await Promise.all(origins.map((origin) => store.save({ service: 'hf', origin, secret: { token: TOKEN } })));
    expect(await store.paths()).toHaveLength(20);
  });
});

describe('S3 keys', () => {
  it.each([{ access_key_id: 'a' }, { secret_access_key: 'b' }, { token: TOKEN }, { access_key_id: 'a', secret_access_key: '' }])(
    'are not %j: half of them is none',
    async (secret) => {
      await store.save({ service: 's3', origin: 'aws', secret });
      await expect(store.find('s3', 'aws')).rejects.toMatchObject({ reason: 'credentials_invalid' });
    },
  );
});

describe('what a killed log-in left', () => {
  it('is not taken for one that is being written just now', async () => {
    await store.save({ ...HUB, secret: { token: TOKEN } });
    const left = `${await onlyFile()}.0b9b2c1e-6a0e-4f6e-9d53-0d2f3a6a7c55.tmp`;
    await writeFile(left, '{');
    expect(await store.unfinished()).toEqual([]);
    await utimes(left, new Date(0), new Date(0));
    expect(await store.unfinished()).toEqual([left]);
    await store.save({ service: 'hf', origin: 'https://mirror.example', secret: { token: TOKEN } });
    expect(await store.unfinished(), 'of another record').toEqual([left]);
  });
});

describe.skipIf(process.platform === 'win32')('a record that others can use', () => {
  it.each([0o644, 0o640, 0o602])('is refused with mode %o, with the line that mends it', async (mode) => {
    await store.save({ ...HUB, secret: { token: TOKEN } });
    const path = await onlyFile();
    await chmod(path, mode);
    await expect(store.find(HUB.service, HUB.origin)).rejects.toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'credentials_exposed',
      message: expect.stringContaining(path),
      hint: `chmod 600 '${path}'`,
    });
  });

  it('can still be removed, and replaced by a log-in', async () => {
    await store.save({ ...HUB, secret: { token: TOKEN } });
    await chmod(await onlyFile(), 0o644);
    await store.save({ ...HUB, secret: { token: TOKEN } });
    expect(await modeOf(await onlyFile())).toBe('600');
    await chmod(await onlyFile(), 0o644);
    expect(await store.remove(HUB.service, HUB.origin)).toBe(true);
  });
});

/** What is no credential of the Hub. */
const EMPTY: readonly object[] = [
  {},
  { token: '' },
  { token: 1 },
  { access_key_id: 'a', secret_access_key: 'b' },
  { token: TOKEN, session_token: '' },
];
const recordWith = (secret: object): string => JSON.stringify({ version: 1, ...HUB, stored_at: '', kept: 'file', secret });

describe('a record that is damaged', () => {
  it.each(['', '{', `{"token":"${TOKEN}"`, `{"version":2,"token":"${TOKEN}"}`, 'null', '[]', ...EMPTY.map(recordWith)])(
    '%j is refused without quoting it',
    async (text) => {
      await store.save({ ...HUB, secret: { token: TOKEN } });
      await writeFile(await onlyFile(), text);
      const refusal = store.find(HUB.service, HUB.origin);
      await expect(refusal).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'credentials_invalid' });
      await refusal.catch((error: Error) => expect(`${error.stack}${String(error.cause)}`).not.toContain('QmZk'));
      expect(await store.remove(HUB.service, HUB.origin)).toBe(true);
    },
  );
});

it('a record that cannot be read is an error that names it, and no bug', async () => {
  await store.save({ ...HUB, secret: { token: TOKEN } });
  const path = await onlyFile();
  await rm(path);
  await mkdir(path, { mode: 0o700 });
  await expect(store.find('hf', HUB.origin)).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR', message: expect.stringContaining(path) });
});

describeOnSmallDisk('a configuration directory', () => {
  it('that is full or read-only is told as what it is; what was stored stays', async () => {
    const volume = dirname(await smallDisk(64 * 1024));
    const small = new CredentialStore({ userConfigDir: join(volume, 'wan'), keyring: 'off' });
    await small.save({ ...HUB, secret: { token: TOKEN } });
    await writeFile(join(volume, 'fill'), Buffer.alloc(64 * 1024)).catch((error: unknown) => error);
    const hint = expect.stringContaining('your configuration directory');
    await expect(small.save({ ...HUB, secret: { token: 'hf_other' } })).rejects.toMatchObject({ code: 'NO_SPACE', hint });
    expect(spawnSync('mount', ['-o', 'remount,ro', volume]).status).toBe(0);
    await expect(small.remove('hf', HUB.origin)).rejects.toMatchObject({ code: 'READ_ONLY', hint });
    const found = await small.find('hf', HUB.origin);
    expect(found && (await small.secretOf(found))).toEqual({ token: TOKEN });
  });
});
