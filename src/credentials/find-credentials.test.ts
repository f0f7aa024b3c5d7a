import { appendFile, chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import type { TokenService } from '../domain/credentials.ts';
import { ambientKeys } from './ambient-keys.ts';
import { CredentialStore, type ToStore } from './credential-store.ts';
import { describeCredentials } from './describe-credentials.ts';
import { createCredentialSource } from './find-credentials.ts';

const HUB = 'https://huggingface.co';
const MIRROR = 'https://mirror.example';
const STORED = 'hf_StoredStoredStoredStored';
const FROM_ENV = 'hf_EnvEnvEnvEnvEnvEnvEnvEnv';
const FROM_FILE = 'hf_FileFileFileFileFileFile';

let homeDir: string;
let cwd: string;
beforeEach(async () => {
  homeDir = await tempDir();
  cwd = join(homeDir, 'project');
  await mkdir(join(homeDir, '.cache/huggingface'), { recursive: true });
  await mkdir(join(homeDir, '.config/wan'), { recursive: true });
  await mkdir(cwd);
});

const load = (env: Record<string, string> = {}): Promise<Config> =>
  loadConfig({ env: { WAN_KEYRING: 'off', ...env }, cwd, homeDir, platform: 'linux' });

/** The token that a request would carry, and where it is from. */
async function tokenFor(origin: string, env: Record<string, string> = {}, service: TokenService = 'hf') {
  const found = await createCredentialSource(await load(env)).token(service, origin);
  return found && [found.token.reveal(), found.from];
}

const store = async (entry: ToStore) => new CredentialStore(await load()).save(entry);
const storeToken = (origin: string) => store({ service: 'hf', origin, secret: { token: STORED } });
const writeTokenFile = (text: string) => writeFile(join(homeDir, '.cache/huggingface/token'), text);

describe('the order', () => {
  it('is: stored, HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the token file', async () => {
    expect(await tokenFor(HUB)).toBeUndefined();
    await writeTokenFile(`${FROM_FILE}\n`);
    expect(await tokenFor(HUB)).toEqual([FROM_FILE, join(homeDir, '.cache/huggingface/token')]);
    expect(await tokenFor(HUB, { HUGGING_FACE_HUB_TOKEN: 'hf_older' })).toEqual(['hf_older', 'HUGGING_FACE_HUB_TOKEN']);
    const env = { HF_TOKEN: ` ${FROM_ENV}\n`, HUGGING_FACE_HUB_TOKEN: 'hf_older' };
    expect(await tokenFor(HUB, env)).toEqual([FROM_ENV, 'HF_TOKEN']);
    const { place } = await storeToken(HUB);
    expect(await tokenFor(HUB, env)).toEqual([STORED, place]);
  });

  it('is for GitHub: stored, GITHUB_TOKEN, GH_TOKEN', async () => {
    const api = 'https://api.github.com';
    expect(await tokenFor(api, { GH_TOKEN: 'ghp_2' }, 'github')).toEqual(['ghp_2', 'GH_TOKEN']);
    expect(await tokenFor(api, { GITHUB_TOKEN: 'ghp_1', GH_TOKEN: 'ghp_2' }, 'github')).toEqual(['ghp_1', 'GITHUB_TOKEN']);
    await store({ service: 'github', origin: api, secret: { token: 'ghp_0' } });
    expect((await tokenFor(api, { GITHUB_TOKEN: 'ghp_1' }, 'github'))?.[0]).toBe('ghp_0');
  });

  it('sends nothing to the Hub with HF_HUB_DISABLE_IMPLICIT_TOKEN, and still does to GitHub', async () => {
    await storeToken(HUB);
    await writeTokenFile(FROM_FILE);
    const env = { HF_HUB_DISABLE_IMPLICIT_TOKEN: '1', HF_TOKEN: FROM_ENV, GH_TOKEN: 'ghp_2' };
    expect(await tokenFor(HUB, env)).toBeUndefined();
    expect(await tokenFor('https://api.github.com', env, 'github')).toBeDefined();
  });

  it('does not ask the environment behind a record that others can read', async () => {
    await storeToken(HUB);
    const directory = join(homeDir, '.config/wan/credentials');
    for (const name of await readdir(directory)) await chmod(join(directory, name), 0o644);
    await expect(tokenFor(HUB, { HF_TOKEN: FROM_ENV })).rejects.toMatchObject({ reason: 'credentials_exposed' });
  });
});

describe('a token of huggingface.co', () => {
  it('that is stored or in the usual file never goes to a mirror', async () => {
    await storeToken(HUB);
    await writeTokenFile(FROM_FILE);
    expect(await tokenFor(MIRROR, { HF_ENDPOINT: MIRROR })).toBeUndefined();
    expect((await tokenFor(HUB, { HF_ENDPOINT: MIRROR }))?.[0]).toBe(STORED);
  });

  it('of the environment goes to the endpoint of the environment, as with the real client, and then nowhere else', async () => {
    const env = { HF_ENDPOINT: `${MIRROR}/`, HF_TOKEN: FROM_ENV };
    expect(await tokenFor(MIRROR, env)).toEqual([FROM_ENV, 'HF_TOKEN']);
    for (const origin of [HUB, 'http://mirror.example', 'https://mirror.example:8443']) expect(await tokenFor(origin, env)).toBeUndefined();
  });

  it('goes to a mirror that it was stored for', async () => {
    const { place } = await storeToken(MIRROR);
    expect(await tokenFor(MIRROR, { HF_ENDPOINT: MIRROR, HF_TOKEN: FROM_ENV })).toEqual([STORED, place]);
    expect(await tokenFor(HUB)).toBeUndefined();
  });

  it('in a file that HF_TOKEN_PATH names goes to the endpoint beside it', async () => {
    const path = join(homeDir, 'my-token');
    await writeFile(path, FROM_FILE);
    expect(await tokenFor(MIRROR, { HF_ENDPOINT: MIRROR, HF_TOKEN_PATH: path })).toEqual([FROM_FILE, path]);
  });
});

describe('an endpoint that a cloned project names', () => {
  it('in wan.toml does not get the token of the environment, nor a token file', async () => {
    await writeTokenFile(FROM_FILE);
    await writeFile(join(cwd, 'wan.toml'), `hf_endpoint = "${MIRROR}"\nhf_token_path = "${homeDir}/.cache/huggingface/token"\n`);
    expect(await tokenFor(MIRROR, { HF_TOKEN: FROM_ENV })).toBeUndefined();
    const lines = await describeCredentials(await load({ HF_TOKEN: FROM_ENV }));
    expect(lines.map(({ origin, isUsed, note }) => [origin, isUsed, note])).toEqual([
      [MIRROR, false, expect.stringContaining(`wan auth login hf --endpoint ${MIRROR}`)],
      // hf_token_path is not in force: it is the file in its usual place, which is for the Hub.
      [HUB, true, undefined],
    ]);
    expect(lines[0]?.note).toContain(`${join(cwd, 'wan.toml')}:1:1`);
  });

  it('in .env gets only what .env gives', async () => {
    await writeFile(join(cwd, '.env'), `HF_ENDPOINT=${MIRROR}\n`);
    expect(await tokenFor(MIRROR, { HF_TOKEN: FROM_ENV })).toBeUndefined();
    await writeFile(join(cwd, '.env'), `HF_ENDPOINT=${MIRROR}\nHF_TOKEN=hf_ofTheProject\n`);
    expect(await tokenFor(MIRROR)).toEqual(['hf_ofTheProject', 'HF_TOKEN']);
  });

  it("gets it where the user's own wan.toml names it", async () => {
    await writeFile(join(homeDir, '.config/wan/wan.toml'), `hf_endpoint = "${MIRROR}"\n`);
    expect(await tokenFor(MIRROR, { HF_TOKEN: FROM_ENV })).toEqual([FROM_ENV, 'HF_TOKEN']);
  });
});

describe('what is no token', () => {
  it('is refused by the name of its place, without its text', async () => {
    const refusal = tokenFor(HUB, { HF_TOKEN: 'hf_has a space in it' });
    await expect(refusal).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      reason: 'token_malformed',
      message: expect.stringContaining('HF_TOKEN'),
    });
    await refusal.catch((error: unknown) => expect(inspect(error)).not.toContain('a space'));
  });

  it('is none where the file is empty or not there', async () => {
    await writeTokenFile('\n');
    expect(await tokenFor(HUB)).toBeUndefined();
    expect(await tokenFor(HUB, { HF_TOKEN_PATH: join(homeDir, 'absent') })).toBeUndefined();
  });
});

describe('a variable that holds no token', () => {
  it('is told as in the way of what comes after it, and not where it would not be sent', async () => {
    await writeTokenFile(FROM_FILE);
    const env = { HF_TOKEN: 'a b' };
    expect((await describeCredentials(await load(env))).map(({ from, isUsed, isBroken, note }) => [from, isUsed, isBroken, note])).toEqual([
      ['HF_TOKEN', false, true, expect.stringContaining('copy the whole token again')],
      [expect.stringContaining('token'), false, undefined, 'HF_TOKEN comes first'],
    ]);
    await writeFile(join(cwd, 'wan.toml'), `hf_endpoint = "${MIRROR}"\n`);
    expect((await tokenFor(HUB, env))?.[0]).toBe(FROM_FILE);
    expect(await tokenFor(MIRROR, env)).toBeUndefined();
  });
});

describe('what stands in .env', () => {
  it('goes to an endpoint that the same file names, and to none of a committed wan.toml beside it', async () => {
    await writeFile(join(cwd, '.env'), `HF_TOKEN=${FROM_ENV}\nAWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=secret\n`);
    await writeFile(join(cwd, 'wan.toml'), `hf_endpoint = "${MIRROR}"\ns3_endpoint_url = "${MIRROR}"\n`);
    expect(await tokenFor(MIRROR)).toBeUndefined();
    expect(ambientKeys(await load())?.withheld).toContain('wan config trust');
    await writeFile(join(cwd, 'wan.toml'), '');
    await appendFile(join(cwd, '.env'), `HF_ENDPOINT=${MIRROR}\nAWS_ENDPOINT_URL=${MIRROR}\n`);
    expect((await tokenFor(MIRROR))?.[0]).toBe(FROM_ENV);
    expect(ambientKeys(await load())?.withheld).toBeUndefined();
  });
});

describe('S3 keys', () => {
  const secret = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'wJalrXUtnFEMIbPxRfiCY', session_token: 'FwoGZXIvYXdzE' };

  it('are found for the endpoint that they were stored for, and without one for AWS', async () => {
    await store({ service: 's3', origin: 'aws', secret });
    const { place } = await store({ service: 's3', origin: 'http://minio:9000', secret: { ...secret, access_key_id: 'minio' } });
    const source = createCredentialSource(await load());
    expect((await source.s3Keys(undefined))?.accessKeyId).toBe(secret.access_key_id);
    const found = await source.s3Keys('http://minio:9000');
    expect(found).toMatchObject({ accessKeyId: 'minio', from: place });
    expect([found?.secretAccessKey.reveal(), found?.sessionToken?.reveal()]).toEqual([secret.secret_access_key, secret.session_token]);
    expect(await source.s3Keys('https://minio:9000')).toBeUndefined();
    expect(inspect(found)).not.toContain('wJalr');
  });
});

describe('S3 keys of the environment', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIbPxRfiCY' };
  const withheld = async (more: Record<string, string> = {}) => ambientKeys(await load({ ...env, ...more }))?.withheld;

  it('do not sign at an endpoint that a project names, in wan.toml or in .env', async () => {
    expect(await withheld()).toBeUndefined();
    expect(await withheld({ AWS_ENDPOINT_URL: 'http://minio:9000' })).toBeUndefined();
    await writeFile(join(cwd, '.env'), 'AWS_ENDPOINT_URL=https://evil.example\n');
    expect(await withheld()).toContain('wan auth login s3 --endpoint https://evil.example');
    await writeFile(join(cwd, '.env'), '');
    await writeFile(join(cwd, 'wan.toml'), 's3_endpoint_url = "https://evil.example"\n');
    expect(await withheld()).toContain(`${join(cwd, 'wan.toml')}:1:1`);
    expect(await withheld({ AWS_ENDPOINT_URL: 'http://minio:9000' })).toBeUndefined();
  });

  it('do where all of them came with the project, and not where a part is the user’s', async () => {
    const lines = ['AWS_ENDPOINT_URL=https://evil.example', 'AWS_ACCESS_KEY_ID=project', 'AWS_SECRET_ACCESS_KEY=projectsecret'];
    await writeFile(join(cwd, '.env'), lines.join('\n'));
    const keys = async (more: Record<string, string>) => ambientKeys(await load(more));
    expect(await keys({})).toMatchObject({ accessKeyId: expect.anything() });
    expect((await keys({}))?.withheld).toBeUndefined();
    expect((await keys({ AWS_SESSION_TOKEN: 'FwoGZXIvYXdzE' }))?.withheld).toContain('evil.example');
    expect((await keys({ AWS_SECRET_ACCESS_KEY: 'ofTheUser' }))?.withheld).toContain('evil.example');
  });
});

describe('the description', () => {
  it('names every credential masked, which of them is used, and why the others are not', async () => {
    const { place } = await storeToken(HUB);
    const env = {
      HF_TOKEN: FROM_ENV,
      GH_TOKEN: 'ghp_0123456789abcdefghij',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalr',
    };
    const lines = await describeCredentials(await load(env));
    expect(lines).toEqual([
      { service: 'hf', origin: HUB, from: place, shown: 'hf_…ored', isUsed: true },
      { service: 'hf', origin: HUB, from: 'HF_TOKEN', shown: 'hf_…vEnv', isUsed: false, note: `${place} comes first` },
      { service: 'github', origin: 'https://api.github.com', from: 'GH_TOKEN', shown: 'ghp_…ghij', isUsed: true },
      { service: 's3', origin: 'aws', from: 'AWS_ACCESS_KEY_ID', shown: 'AKIA…MPLE', isUsed: true },
    ]);
  });

  it('of S3 keys that are half there say what is missing, unless a profile comes before them', async () => {
    const [line, more] = await describeCredentials(await load({ AWS_SECRET_ACCESS_KEY: 'wJalr' }));
    expect([line, more]).toEqual([
      {
        ...{ service: 's3', origin: 'aws', from: 'AWS_SECRET_ACCESS_KEY', shown: '', isUsed: false, isBroken: true },
        note: 'AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not',
      },
      undefined,
    ]);
    const [unused] = await describeCredentials(await load({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_PROFILE: 'team' }));
    expect(unused).toMatchObject({ isUsed: false, note: 'the profile team comes first' });
    expect(unused).not.toHaveProperty('isBroken');
  });

  it('has a line, with what to do, for what cannot be read', async () => {
    const { place } = await storeToken(MIRROR);
    await writeFile(place, 'broken');
    expect(await describeCredentials(await load())).toEqual([
      {
        service: 'hf',
        origin: MIRROR,
        from: place,
        shown: '',
        isUsed: false,
        isBroken: true,
        note: expect.stringContaining('wan auth login'),
      },
    ]);
  });
});
