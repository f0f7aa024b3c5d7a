import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from './config.ts';
import type { ConfigKey } from './config-key.ts';
import { CONFIG_PROPERTIES, type ConfigProperty, configKeyOf } from './config-keys.ts';
import { describeConfig } from './describe-config.ts';
import { type LoadConfigInput, loadConfig } from './load-config.ts';
import { originPaths } from './origin-paths.ts';
import { tierTable } from './tier-table.ts';
import { httpUrl, program, proxyUrl } from './value-types.ts';

let home: string;
let cwd: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'wan-config-'));
  cwd = join(home, 'clone', 'deep');
  await mkdir(cwd, { recursive: true });
  await mkdir(join(home, '.config', 'wan'), { recursive: true });
});

afterEach(() => rm(home, { recursive: true, force: true }));

const load = (input: Partial<LoadConfigInput> = {}): Promise<Config> =>
  loadConfig({ env: {}, cwd, homeDir: home, platform: 'linux', ...input });

/** As `wan config trust` does. */
async function trustAll(): Promise<void> {
  for (const file of (await load()).projectFiles) {
    await mkdir(dirname(file.recordPath), { recursive: true });
    await writeFile(file.recordPath, file.trustRecord());
  }
}

/** One of each key that a project may not set by itself: as TOML has it, and as the environment has it. */
const HELD: Readonly<Record<string, readonly [toml: string, variable: string]>> = {
  s3_profile: ['"admin"', 'admin'],
  s3_requester_pays: ['true', 'true'],
  http_proxy: ['"http://evil.example:1"', 'http://evil.example:1'],
  https_proxy: ['"http://evil.example:2"', 'http://evil.example:2'],
  all_proxy: ['"http://evil.example:3"', 'http://evil.example:3'],
  no_proxy: ['["*"]', '*'],
  ca_files: ['["evil.pem"]', 'evil.pem'],
  origin_ca_files: ['{ "https://huggingface.co" = "evil.pem" }', 'https://huggingface.co=evil.pem'],
  keyring: ['"off"', 'off'],
  hf_token_path: ['"/etc/secret"', '/etc/secret'],
  audit_log: ['"off"', 'off'],
  api_host: ['"0.0.0.0"', '0.0.0.0'],
  api_hosts: ['["evil.example"]', 'evil.example'],
  api_anonymous: ['"write"', 'write'],
  allowed_internal_hosts: ['["10.0.0.0/8"]', '10.0.0.0/8'],
  python: ['"./evil"', './evil'],
  otlp_endpoint: ['"http://evil.example:4318"', 'http://evil.example:4318'],
  otlp_traces_endpoint: ['"http://evil.example/t"', 'http://evil.example/t'],
  otlp_metrics_endpoint: ['"http://evil.example/m"', 'http://evil.example/m'],
  trace_sources: ['true', 'true'],
  tiers: ['{ cold = { url = "s3://evil/here" } }', 'cold=s3://evil/here'],
};

const propertyOf = (key: string): ConfigProperty => {
  const property = CONFIG_PROPERTIES.find((one) => configKeyOf(one).key === key);
  if (property === undefined) throw new Error(`no key ${key}`);
  return property;
};

/** Groups whose keys say where requests go, what they carry, and who may ask: a project may decide nothing of that by itself. */
const GUARDED_GROUPS = ['Network', 'Credentials', 'Service', 'Telemetry'];
/** Types that name a service, a program to run, or a secret. */
const GUARDED_TYPES = new Set<unknown>([httpUrl, proxyUrl, program, originPaths, tierTable]);
const GUARDED_NAME = /(?:url|endpoint|host|header|proxy|token|secret|password|credential|key|profile|ca_files|keyring|audit|auth)/;

/** Keys of that kind that a project does decide. Each is here for a reason; a new one needs one as well. */
const HARMLESS: Readonly<Record<string, string>> = {
  s3_region: 'letters, digits, - and _: it chooses among hosts of one service',
  s3_addressing: 'one of three words: the bucket stands in the path or in the host name of the same service',
  s3_anonymous: 'it keeps secrets at home',
  hf_implicit_token: 'it keeps a secret at home, or does what is done without it',
  api_port: 'a number: the address is held back',
  api_rate_limit: 'a number: how often, not who',
  upload_ttl: 'a duration: how long, not who',
  max_upload_size: 'a number: how much, not who',
  otlp_protocol: 'how a collector is spoken to: which one is held back',
  otlp_timeout: 'a duration',
  otel_enabled: 'on or off: the collector is held back',
  otel_service_name: 'a name of ours, told to a collector that is held back',
  otel_resource_attributes: 'words of the project, told to a collector that is held back',
  traces_exporter: 'whether: the collector is held back',
  metrics_exporter: 'whether: the collector is held back',
  traces_sampler: 'how many: the collector is held back',
  traces_sampler_arg: 'a number: how many',
  metric_export_interval: 'a duration: how often',
  traceparent: 'it names a run; where it goes is held back (trace_sources)',
};

type Rules = Pick<ConfigKey<unknown>, 'key' | 'group' | 'type' | 'fromProject'>;

/** Keys that secrets or trust depend on, and that a project may set as if it were the user. */
const undecided = (keys: readonly Rules[]): readonly string[] =>
  keys
    .filter(({ fromProject = 'in-force' }) => fromProject === 'in-force')
    .filter(({ key, group, type }) => GUARDED_GROUPS.includes(group) || GUARDED_TYPES.has(type) || GUARDED_NAME.test(key))
    .map(({ key }) => key);

describe("a project's file", () => {
  it('decides of no key that secrets or trust depend on, but for those that are known to be harmless', () => {
    expect(undecided(CONFIG_PROPERTIES.map(configKeyOf))).toEqual(Object.keys(HARMLESS));
  });

  it.each<[string, Partial<Rules>]>([
    ['in a group where requests go out', { group: 'Network' }],
    ['that is a URL', { type: httpUrl }],
    ['that names a program', { type: program }],
    ['whose name speaks of a secret', { key: 'registry_token_file' }],
  ])('finds a new key without a rule %s', (_, planted) => {
    const harmless: Rules = { key: 'colour', group: 'Output', type: configKeyOf('noColor').type };
    expect(undecided([harmless])).toEqual([]);
    expect(undecided([{ ...harmless, ...planted }])).toHaveLength(1);
    expect(undecided([{ ...harmless, ...planted, fromProject: 'held-back' }])).toEqual([]);
  });

  it('is covered here for every key that it may not set', () => {
    const held = CONFIG_PROPERTIES.map(configKeyOf).filter(({ fromProject }) => fromProject === 'held-back');
    expect(Object.keys(HELD).sort()).toEqual(held.map(({ key }) => key).sort());
  });

  it.each(Object.entries(HELD))('does not set %s until it is trusted', async (key, [toml, variable]) => {
    const property = propertyOf(key);
    for (const [name, text] of [
      ['wan.toml', `connections = 7\n${key} = ${toml}\n`],
      ['.env', `WAN_CONNECTIONS=7\nWAN_${key.toUpperCase()}=${variable}\n`],
    ] as const) {
      await writeFile(join(cwd, name), text);
      const config = await load();
      expect(config[property], name).toEqual((await load({ cwd: home }))[property]);
      expect(config.origins[property]).toEqual({ from: 'default' });
      expect(config.heldBack[property]).toMatchObject({ origin: { untrusted: true } });
      expect(config.connections).toBe(7);
      await trustAll();
      const trusted = await load();
      expect([trusted.heldBack, trusted.origins[property].untrusted]).toEqual([{}, undefined]);
      expect(trusted[property]).not.toEqual(config[property]);
      await rm(join(cwd, name));
    }
  });

  it('names an endpoint, which is in force and marked', async () => {
    await writeFile(join(cwd, 'wan.toml'), 's3_endpoint_url = "https://evil.example"\nhf_endpoint = "https://evil.example"\n');
    const { s3EndpointUrl, origins, heldBack } = await load();
    expect([s3EndpointUrl, heldBack]).toEqual(['https://evil.example', {}]);
    expect([origins.s3EndpointUrl.untrusted, origins.hfEndpoint.untrusted]).toEqual([true, true]);
    await trustAll();
    expect((await load()).origins.s3EndpointUrl.untrusted).toBeUndefined();
  });

  it('loses its trust with any change, and with one of a CA file that it names', async () => {
    await writeFile(join(cwd, 'wan.toml'), 'https_proxy = "http://proxy.example:1"\nca_files = ["ca.pem"]\n');
    await writeFile(join(cwd, 'ca.pem'), 'ours');
    await trustAll();
    const isHeldBack = async () => (await load()).heldBack.httpsProxy !== undefined;
    expect(await isHeldBack()).toBe(false);
    await writeFile(join(cwd, 'ca.pem'), 'theirs');
    expect(await isHeldBack()).toBe(true);
    await trustAll();
    expect(await isHeldBack()).toBe(false);
    await writeFile(join(cwd, 'wan.toml'), 'https_proxy = "http://proxy.example:2"\nca_files = ["ca.pem"]\n');
    expect(await isHeldBack()).toBe(true);
    await trustAll();
    await writeFile(join(cwd, 'wan.toml'), 'https_proxy = "http://proxy.example:1"\nca_files = ["ca.pem"]\n');
    expect(await isHeldBack(), 'a state that was trusted before').toBe(false);
    await writeFile(join(cwd, 'wan.toml'), 'https_proxy = "http://proxy.example:1"\n[origin_ca_files]\n"https://a.example" = "ca.pem"\n');
    await trustAll();
    expect(await isHeldBack()).toBe(false);
    await writeFile(join(cwd, 'ca.pem'), 'theirs again');
    expect(await isHeldBack()).toBe(true);
  });

  it('is not trusted because a copy of it elsewhere is', async () => {
    const text = 'https_proxy = "http://proxy.example:1"\n';
    await writeFile(join(cwd, 'wan.toml'), text);
    await trustAll();
    const other = join(home, 'other');
    await mkdir(other);
    await writeFile(join(other, 'wan.toml'), text);
    expect((await load({ cwd: other })).heldBack.httpsProxy).toBeDefined();
  });

  it('does not hide what the user says: flag, environment, or a wan.toml of one’s own', async () => {
    await writeFile(join(cwd, 'wan.toml'), 'https_proxy = "http://evil.example:1"\nconnections = 7\n');
    await writeFile(join(home, '.config', 'wan', 'wan.toml'), 'https_proxy = "http://own.example:1"\nconnections = 9\n');
    const own = await load();
    expect([own.httpsProxy?.reveal(), own.connections]).toEqual(['http://own.example:1', 7]);
    expect(own.origins.httpsProxy.where).toBe(`${join(home, '.config', 'wan', 'wan.toml')}:1:1`);
    const env = await load({ env: { HTTPS_PROXY: 'http://env.example:1' } });
    expect([env.httpsProxy?.reveal(), env.heldBack]).toEqual(['http://env.example:1', {}]);
  });

  it('is the user’s own where --config or WAN_CONFIG names it, but not where .env does', async () => {
    await writeFile(join(home, 'clone', 'mine.toml'), 'https_proxy = "http://proxy.example:1"\n');
    expect((await load({ env: { WAN_CONFIG: '../mine.toml' } })).httpsProxy?.reveal()).toBe('http://proxy.example:1');
    await writeFile(join(cwd, '.env'), 'WAN_CONFIG=../mine.toml\n');
    expect((await load()).heldBack.httpsProxy).toBeDefined();
  });

  it('does not say which directory is the user’s, nor where the token of the user lies', async () => {
    await mkdir(join(cwd, 'fake', 'wan'), { recursive: true });
    await writeFile(join(cwd, 'fake', 'wan', 'wan.toml'), 'https_proxy = "http://evil.example:1"\n');
    await writeFile(join(cwd, '.env'), `XDG_CONFIG_HOME=${join(cwd, 'fake')}\nHF_HOME=${join(cwd, 'fake')}\n`);
    const config = await load();
    expect([config.httpsProxy, config.configFile]).toEqual([undefined, undefined]);
    expect(config.hfTokenPath).toBe(join(home, '.cache', 'huggingface', 'token'));
    expect(config.hfCacheDir).toBe(join(cwd, 'fake', 'hub'));
  });

  it('is shown with what it says, and prints no secret', async () => {
    await writeFile(join(cwd, '.env'), 'HTTPS_PROXY=http://me:hunter22@proxy.example:1\nHF_TOKEN=hf_hunter22\n');
    const config = await load();
    const line = describeConfig(config).find(({ key }) => key === 'https_proxy');
    expect(line).toMatchObject({
      shown: '-',
      heldBack: { shown: 'http://******@proxy.example:1', origin: { from: '.env', where: 'HTTPS_PROXY' } },
    });
    expect(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config)).not.toContain('hunter22');
  });
});

describe('s3_region', () => {
  it.each(['evil.example/', 'a.b', 'x@evil', 'x#', 'x:1', ''])(
    'cannot be %j: it becomes part of the host that is asked',
    async (region) => {
      await writeFile(join(cwd, 'wan.toml'), `s3_region = ${JSON.stringify(region)}\n`);
      await expect(load()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('s3_region') });
    },
  );
});
