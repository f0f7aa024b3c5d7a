import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../domain/errors.ts';
import type { Config } from './config.ts';
import { CONFIG_PROPERTIES } from './config-keys.ts';
import { describeConfig } from './describe-config.ts';
import { type LoadConfigInput, loadConfig } from './load-config.ts';
import { requireManifestPath } from './require-manifest-path.ts';
import { requireModelsRoot } from './require-models-root.ts';

let home: string;
let cwd: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'wan-config-'));
  cwd = join(home, 'project', 'deep');
  await mkdir(cwd, { recursive: true });
});

afterEach(() => rm(home, { recursive: true, force: true }));

const load = (input: Partial<LoadConfigInput> = {}): Promise<Config> =>
  loadConfig({ env: {}, cwd, homeDir: home, platform: 'linux', ...input });

async function refusal(input: Partial<LoadConfigInput> = {}): Promise<ModelError> {
  const error: unknown = await load(input).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelError)) throw new Error(`not refused: ${inspect(error)}`);
  return error;
}

describe('precedence', () => {
  it('takes the default where nothing is said', async () => {
    const config = await load();
    expect(config.maxConcurrentDownloads).toBe(4);
    expect(config.downloadTimeoutMs).toBe(60_000);
    expect(config.origins.maxConcurrentDownloads).toEqual({ from: 'default' });
    expect(config.modelsRoot).toBeUndefined();
  });

  it('lets a flag win over the environment, that over .env, that over wan.toml', async () => {
    await writeFile(join(cwd, 'wan.toml'), '# ours\nconnections = 1\nretry_attempts = 1\n');
    expect((await load()).connections).toBe(1);
    await writeFile(join(cwd, '.env'), 'WAN_CONNECTIONS=2\n');
    expect((await load()).connections).toBe(2);
    const env = { WAN_CONNECTIONS: '3' };
    expect((await load({ env })).connections).toBe(3);
    const config = await load({ env, flags: { connections: 5, retryAttempts: undefined } });
    expect(config.connections).toBe(5);
    expect(config.origins.connections).toEqual({ from: 'flag' });
    expect(config.origins.retryAttempts).toEqual({ from: 'file', where: `${join(cwd, 'wan.toml')}:3:1` });
  });

  it.each(['HF_HUB_ENABLE_HF_TRANSFER', 'HF_XET_HIGH_PERFORMANCE'])('takes %s as a wish for more connections', async (name) => {
    expect((await load({ env: { [name]: '1' } })).connections).toBe(64);
    expect((await load({ env: { [name]: '0' } })).origins.connections).toEqual({ from: 'default' });
    expect((await load({ env: { [name]: 'true', WAN_CONNECTIONS: '3' } })).connections).toBe(3);
  });

  it('says which variable a value came from', async () => {
    await writeFile(join(cwd, '.env'), 'LOG=1\nWAN_LOG_LEVEL=debug\n');
    const config = await load({ env: { MODEL_STORAGE_DIR: '/opt/models', MAX_CONCURRENT_DOWNLOADS: '7' } });
    expect(config.modelsRoot).toBe('/opt/models');
    expect(config.origins.modelsRoot).toEqual({ from: 'env', where: 'MODEL_STORAGE_DIR' });
    expect(config.origins.maxConcurrentDownloads).toEqual({ from: 'env', where: 'MAX_CONCURRENT_DOWNLOADS' });
    expect(config.origins.logLevel).toEqual({ from: '.env', where: 'WAN_LOG_LEVEL' });
    expect(config.dotEnvFile).toBe(join(cwd, '.env'));
  });

  it('prefers MODELS_ROOT to its aliases, and takes an empty variable for one that is not set', async () => {
    const env = { MODELS_ROOT: '/a', WAN_MODELS_ROOT: '/b', MODEL_STORAGE_DIR: '/c' };
    expect((await load({ env })).modelsRoot).toBe('/a');
    expect((await load({ env: { ...env, MODELS_ROOT: '  ' } })).modelsRoot).toBe('/b');
  });
});

describe('finding wan.toml', () => {
  it('searches upward, then the directory of the user', async () => {
    await mkdir(join(home, '.config', 'wan'), { recursive: true });
    await writeFile(join(home, '.config', 'wan', 'wan.toml'), 'connections = 9\n');
    expect((await load()).connections).toBe(9);
    await writeFile(join(home, 'project', 'wan.toml'), 'connections = 8\n');
    expect((await load()).connections).toBe(8);
  });

  it.each([
    ['linux', { XDG_CONFIG_HOME: 'xdg' }, ['xdg', 'wan']],
    ['darwin', {}, ['Library', 'Application Support', 'wan']],
    ['win32', { APPDATA: 'roaming' }, ['roaming', 'wan']],
  ] as const)('knows the place for the settings of a user on %s', async (platform, names, place) => {
    await mkdir(join(home, ...place), { recursive: true });
    await writeFile(join(home, ...place, 'wan.toml'), 'connections = 6\n');
    const env = Object.fromEntries(Object.entries(names).map(([name, folder]) => [name, join(home, folder)]));
    expect((await load({ env, platform })).connections).toBe(6);
  });

  it('takes the file that WAN_CONFIG names, and refuses when that is missing', async () => {
    await writeFile(join(cwd, 'wan.toml'), 'connections = 1\n');
    await writeFile(join(home, 'other.toml'), 'connections = 2\n');
    expect((await load({ env: { WAN_CONFIG: '../../other.toml' } })).connections).toBe(2);
    const error = await refusal({ env: { WAN_CONFIG: 'nowhere.toml' } });
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain(join(cwd, 'nowhere.toml'));
  });

  it('resolves relative paths against the file that holds them, and those of the environment against the working directory', async () => {
    await writeFile(join(home, 'project', 'wan.toml'), 'models_root = "store"\nlocal_roots = ["~/seed", "/mnt/seed"]\n');
    const config = await load({ env: { WAN_MODELS_MANIFEST: 'm.toml' } });
    expect(config.modelsRoot).toBe(join(home, 'project', 'store'));
    expect(config.localRoots).toEqual([join(home, 'seed'), '/mnt/seed']);
    expect(config.manifestPath).toBe(join(cwd, 'm.toml'));
  });
});

describe('refusals', () => {
  it('names every problem at once, with file, line, column, what is allowed and the nearest key', async () => {
    await writeFile(
      join(cwd, 'wan.toml'),
      'models_root = "/m"\n\nconections = 4\n  "log_level" = "loud"\npiece_bytes = "3MiB"\n[gc]\nlog_level = 1\n',
    );
    const error = await refusal({ env: { DOWNLOAD_TIMEOUT: 'soon' } });
    const file = join(cwd, 'wan.toml');
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.exitCode).toBe(2);
    expect(error.message.split('\n')).toEqual([
      '5 problems in the configuration:',
      `${file}:3:1 there is no key "conections": did you mean connections?`,
      `${file}:6:2 there is no key "gc": docs/configuration.md lists every key`,
      expect.stringMatching(/^DOWNLOAD_TIMEOUT "soon" is not allowed: it must be a duration such as 90s/),
      `${file}:5:1 piece_bytes: "3MiB" is not allowed: it must be a power of two from 256 KiB to 64.0 MiB, such as 4MiB`,
      `${file}:4:3 log_level: "loud" is not allowed: it must be one of error, warn, info, debug`,
    ]);
    expect(error.details.problems).toHaveLength(5);
  });

  it.each([
    ['a broken line', Buffer.from('connections = = 1\n'), /:1:15 is not valid TOML/],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0x3d, 0xff, 0xfe]), /is not UTF-8 text/],
    ['a megabyte and more', Buffer.alloc(1024 * 1024 + 1, '#'), /larger than 1 MiB/],
  ])('refuses %s', async (_, bytes, message) => {
    await writeFile(join(cwd, 'wan.toml'), bytes);
    const error = await refusal();
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toMatch(message);
  });

  it('does not let checksums be switched off', async () => {
    const error = await refusal({ env: { VERIFY_CHECKSUMS: 'false' } });
    expect(error.message).toContain('VERIFY_CHECKSUMS "false" is not allowed: it must be true: bytes are proven');
    expect((await load({ env: { VERIFY_CHECKSUMS: 'True' } })).verifyChecksums).toBe(true);
  });

  it('does not repeat a password that stands in a refused URL', async () => {
    const error = await refusal({ env: { AWS_ENDPOINT_URL: 'https://me:hunter22@minio.example' } });
    expect(error.message).toContain('AWS_ENDPOINT_URL');
    expect(error.message).not.toContain('hunter22');
  });
});

describe('what the field already uses', () => {
  it('honours the variables of the Hub, of S3 and of proxies', async () => {
    const config = await load({
      env: {
        HF_HOME: '/cache/hf',
        HF_HUB_OFFLINE: 'ON',
        AWS_ENDPOINT_URL: 'http://minio:9000/',
        HTTPS_PROXY: 'http://me:hunter22@proxy:3128',
        http_proxy: 'proxy:3128',
        NO_PROXY: 'localhost, .example.com',
        NODE_EXTRA_CA_CERTS: '/ca/one.pem',
        SSL_CERT_FILE: '/ca/two.pem',
      },
    });
    expect(config.hfCacheDir).toBe('/cache/hf/hub');
    expect(config.offline).toBe(true);
    expect(config.s3EndpointUrl).toBe('http://minio:9000');
    expect(config.httpsProxy?.reveal()).toBe('http://me:hunter22@proxy:3128');
    expect(config.httpProxy?.reveal()).toBe('http://proxy:3128');
    expect(config.noProxy).toEqual(['localhost', '.example.com']);
    expect(config.caFiles).toEqual(['/ca/one.pem', '/ca/two.pem']);
    expect(config.origins.caFiles.where).toBe('NODE_EXTRA_CA_CERTS, SSL_CERT_FILE');
  });

  it('trusts a file once that several variables name', async () => {
    const config = await load({ env: { NODE_EXTRA_CA_CERTS: '/ca/one.pem', SSL_CERT_FILE: '/ca/one.pem' } });
    expect(config.caFiles).toEqual(['/ca/one.pem']);
    expect(config.origins.caFiles.where).toBe('NODE_EXTRA_CA_CERTS, SSL_CERT_FILE');
  });

  it('finds the cache of the Hub where its client puts it', async () => {
    expect((await load()).hfCacheDir).toBe(join(home, '.cache', 'huggingface', 'hub'));
    expect((await load({ env: { HF_HOME: '/a', HF_HUB_CACHE: '/b' } })).hfCacheDir).toBe('/b');
  });

  it('reads NO_COLOR and CI as their owners mean them', async () => {
    const config = await load({ env: { NO_COLOR: '0', CI: 'woodpecker' } });
    expect([config.noColor, config.ci]).toEqual([true, true]);
    expect((await load({ env: { CI: 'false', NO_COLOR: '' } })).ci).toBe(false);
  });

  it('reads bare seconds, units and off', async () => {
    const env = { DOWNLOAD_TIMEOUT: '90', WAN_LIMIT_RATE: '20M', WAN_MAX_MODEL_AGE: '7d', WAN_MAX_TOTAL_SIZE: 'off' };
    const config = await load({ env });
    expect(config.downloadTimeoutMs).toBe(90_000);
    expect(config.limitRate).toEqual([{ fromMinute: 0, bytesPerSecond: 20 * 1024 * 1024 }]);
    expect(config.maxModelAgeMs).toBe(604_800_000);
    expect(config.maxTotalSizeBytes).toBeUndefined();
    expect(config.origins.maxTotalSizeBytes.from).toBe('env');
  });
});

describe('the manifest', () => {
  it('is found upward, beside or in config/', async () => {
    expect((await load()).manifestPath).toBeUndefined();
    await mkdir(join(home, 'project', 'config'));
    await writeFile(join(home, 'project', 'config', 'models.toml'), '');
    expect((await load()).manifestPath).toBe(join(home, 'project', 'config', 'models.toml'));
    await writeFile(join(cwd, 'models.toml'), '');
    expect(requireManifestPath(await load())).toBe(join(cwd, 'models.toml'));
  });

  it('is asked for with the place that was searched when there is none', async () => {
    const config = await load();
    expect(() => requireManifestPath(config)).toThrow(
      expect.objectContaining({ code: 'MISSING_MANIFEST', message: expect.stringContaining(cwd) }),
    );
  });
});

describe('MODELS_ROOT', () => {
  it.each([
    ['linux', 'export MODELS_ROOT=/data/models'],
    ['win32', "$env:MODELS_ROOT = 'D:\\models'"],
  ] as const)('missing on %s gives the line to paste', async (platform, line) => {
    const config = await load({ platform });
    expect(() => requireModelsRoot(config)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', hint: expect.stringContaining(line) }),
    );
  });

  it('is returned absolute', async () => {
    expect(requireModelsRoot(await load({ env: { MODELS_ROOT: '~/models' } }))).toBe(join(home, 'models'));
  });
});

describe('the result', () => {
  it('is frozen to the ground', async () => {
    const config = await load({ env: { WAN_LOCAL_ROOTS: '/a:/b' } });
    expect(config.localRoots).toEqual(['/a', '/b']);
    expect(Object.isFrozen(config) && Object.isFrozen(config.localRoots) && Object.isFrozen(config.origins.localRoots)).toBe(true);
  });

  it('has an origin and a line to show for every key', async () => {
    const config = await load();
    expect(Object.keys(config.origins)).toEqual([...CONFIG_PROPERTIES]);
    expect(describeConfig(config).map(({ key }) => key)).toContain('memory_budget');
    expect(describeConfig(config).find(({ key }) => key === 'memory_budget')?.shown).toBe('96.0 MiB');
  });

  it('shows no secret, however it is printed', async () => {
    const env = { HF_TOKEN: 'hf_abcdefghij', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', all_proxy: 'http://me:hunter22@proxy:3128' };
    const config = await load({ env });
    expect(config.secrets.HF_TOKEN?.reveal()).toBe('hf_abcdefghij');
    const printed = [JSON.stringify(config), inspect(config, { depth: 9 }), JSON.stringify(describeConfig(config))].join('\n');
    expect(printed).toContain('http://******@proxy:3128');
    for (const secret of ['hf_abcdefghij', 'wJalrXUtnFEMI', 'hunter22']) expect(printed).not.toContain(secret);
  });

  it('finds a secret in .env', async () => {
    await writeFile(join(cwd, '.env'), "export HF_TOKEN='hf_fromfile'\n");
    expect((await load()).secrets.HF_TOKEN?.reveal()).toBe('hf_fromfile');
    expect((await load({ env: { HF_TOKEN: 'hf_fromenv' } })).secrets.HF_TOKEN?.reveal()).toBe('hf_fromenv');
  });

  it('says which secrets came with the working directory, and takes line breaks off', async () => {
    await writeFile(join(cwd, '.env'), 'HF_TOKEN=hf_fromfile\nGITHUB_TOKEN=ghp_fromfile\n');
    const config = await load({ env: { HF_TOKEN: ' hf_from\nenv \r\n' } });
    expect(config.secretsFromDotEnv).toEqual(['GITHUB_TOKEN']);
    expect(config.secrets.HF_TOKEN?.reveal()).toBe('hf_fromenv');
  });

  it('knows where the Hugging Face clients keep their token, and whether it may be sent', async () => {
    expect(await load()).toMatchObject({ hfTokenPath: join(home, '.cache/huggingface/token'), hfImplicitToken: true });
    expect(await load({ env: { HF_HOME: '/data/hf' } })).toMatchObject({ hfTokenPath: '/data/hf/token' });
    const env = { HF_HOME: '/data/hf', HF_TOKEN_PATH: '/run/token', HF_HUB_DISABLE_IMPLICIT_TOKEN: 'yes' };
    expect(await load({ env })).toMatchObject({ hfTokenPath: '/run/token', hfImplicitToken: false });
  });

  it('keeps what the user stores beside the own wan.toml', async () => {
    expect((await load()).userConfigDir).toBe(join(home, '.config', 'wan'));
    expect((await load({ env: { XDG_CONFIG_HOME: '/etc/xdg' } })).userConfigDir).toBe('/etc/xdg/wan');
  });
});
