import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { Secret } from '../../domain/secret.ts';
import { NO_CREDENTIALS } from '../credentials.ts';
import { KeySource, type KeySourceOptions } from './key-source.ts';

const signal = new AbortController().signal;
const keys = { accessKeyId: new Secret('AKIAENV'), secretAccessKey: new Secret('env-secret') };
const source = (options: Partial<KeySourceOptions> = {}) => new KeySource({ credentials: NO_CREDENTIALS, nowMs: Date.now, ...options });

describe('keys to sign with', () => {
  // The SDK's chain reads the environment by itself: here it finds two files of ours, and no cloud.
  beforeEach(async () => {
    const folder = await tempDir();
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    const script = `printf '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"x","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}'`;
    await writeFile(join(folder, 'get-keys.sh'), script);
    await writeFile(join(folder, 'credentials'), '[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = team-secret\n');
    await writeFile(join(folder, 'config'), `[profile run]\ncredential_process = sh ${join(folder, 'get-keys.sh')}\n`);
  });
  afterEach(() => void vi.unstubAllEnvs());

  it('are those stored for the endpoint before all others', async () => {
    const asked: (string | undefined)[] = [];
    const stored = { accessKeyId: 'AKIASTORED', secretAccessKey: new Secret('s'), from: 'keyring' };
    const s3Keys = (endpoint: string | undefined) => {
      asked.push(endpoint);
      return Promise.resolve(stored);
    };
    const found = await source({ keys, profile: 'team', credentials: { ...NO_CREDENTIALS, s3Keys } }).keys('https://minio.example', signal);
    expect([found?.accessKeyId, asked]).toEqual(['AKIASTORED', ['https://minio.example']]);
  });

  it('are those of the environment, unless a profile is named', async () => {
    expect((await source({ keys }).keys(undefined, signal))?.accessKeyId).toBe('AKIAENV');
    expect((await source({ keys, profile: 'team' }).keys(undefined, signal))?.accessKeyId).toBe('AKIATEAM');
  });

  it('are, where those of the user are withheld, only the stored ones and those that are given', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAUSER');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of-the-user');
    const withheld = 'a project names the endpoint';
    expect(await source({ withheld }).keys('https://evil.example', signal)).toBeUndefined();
    expect(await source({ withheld, profile: 'team' }).keys('https://evil.example', signal)).toBeUndefined();
    expect(await source({ withheld, profile: 'team' }).placeOfKeys('https://evil.example')).toBeUndefined();
    expect((await source({ withheld, profile: 'team', keys }).keys('https://evil.example', signal))?.accessKeyId).toBe('AKIAENV');
    const stored = { accessKeyId: 'AKIASTORED', secretAccessKey: new Secret('s'), from: 'keyring' };
    const credentials = { ...NO_CREDENTIALS, s3Keys: () => Promise.resolve(stored) };
    expect((await source({ withheld, keys, credentials }).keys('https://evil.example', signal))?.accessKeyId).toBe('AKIASTORED');
  });

  it('come from a process too, with their token and their end', async () => {
    const found = await source({ profile: 'run' }).keys(undefined, signal);
    expect(found).toMatchObject({ accessKeyId: 'AKIAPROCESS', validUntilMs: Date.parse('2099-01-01') });
    expect(found?.sessionToken?.reveal()).toBe('t');
  });

  it('are missing by name, and soon looked for again', async () => {
    let nowMs = 0;
    const nobody = source({ nowMs: () => nowMs });
    const missing = { code: 'AUTH_FAIL', reason: 'credentials_missing', hint: expect.stringContaining('AWS_ACCESS_KEY_ID') };
    await expect(nobody.keys(undefined, signal)).rejects.toMatchObject(missing);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIALATER');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'later');
    await expect(nobody.keys(undefined, signal)).rejects.toMatchObject(missing);
    nowMs = 60_000;
    expect((await nobody.keys(undefined, signal))?.accessKeyId).toBe('AKIALATER');
  });

  it('are missing for a reason, which the chain tells of each place that somebody set up', async () => {
    const failure = async (options: Partial<KeySourceOptions>) =>
      (
        (await source(options)
          .keys(undefined, signal)
          .catch((error: unknown) => error)) as Error
      ).message;
    expect(await failure({ profile: 'nobody' })).toMatch(/with the profile nobody: .*\[nobody\]/);
    expect(await failure({ keysProblem: 'one half is missing' })).toContain('found: one half is missing;');
    expect(await failure({})).toBe('no S3 credentials were found: Could not load credentials from any providers');
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://127.0.0.1:1/keys');
    expect(await failure({})).toContain('ECONNREFUSED');
  });

  it('do not show the command that should have given them, nor what it said', async () => {
    await writeFile(process.env.AWS_CONFIG_FILE ?? '', '[profile run]\ncredential_process = sh -c "echo s3cr3t >&2; exit 3"\n');
    const error = (await source({ profile: 'run' })
      .keys(undefined, signal)
      .catch((cause: unknown) => cause)) as Error;
    expect(error.message).toBe(
      'no S3 credentials were found with the profile run: the credential_process of the profile failed: run it by hand to see why',
    );
  });

  it('are not waited for by whoever gives up', async () => {
    await expect(source().keys(undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
