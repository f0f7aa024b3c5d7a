/**
 * The sweep: every verb, in success and failure, at the loudest, with a secret of every kind, against servers that say back what they
 * were sent. Then every byte that came out and every file that was left is searched for any ten characters of any of them.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GithubServer } from '../servers/github/github-server.ts';
import { FaultServer, seeded, sha256Hex, status } from '../servers/http/fault-server.ts';
import { ProxyServer } from '../servers/http/proxy-server.ts';
import { IdentityServer } from '../servers/identity-server.ts';
import { startEmbedded } from '../servers/s3/embedded.ts';
import type { S3Server } from '../servers/s3/s3-server.ts';
import { type Outcome, type Place, placeWith, type RunOptions } from '../support/wan-command.ts';

const random = (): string => randomBytes(20).toString('hex');

/** Each run of the suite has its own. */
const SECRETS = {
  hfVariable: `hf_${random()}`,
  hfStored: `hf_${random()}`,
  hfFile: `hf_${random()}`,
  hfRefused: `hf_${random()}`,
  githubVariable: `ghp_${random()}`,
  githubStored: `ghp_${random()}`,
  awsKeyId: 'AKIAQ7WERTZUIOP5XCVB',
  awsSecret: `${random()}/+${random()}`,
  awsSession: `FwoG${random()}${random()}`,
  s3Stored: random(),
  signature: random(),
  proxyPassword: random(),
} as const;

const SPAN = 10;
const CONTENT = seeded(300_000, 7);
const SLOW = seeded(8 * 2 ** 20, 8);

/** Every way in which a secret may stand in a text. */
function needlesOf(secrets: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const needles = new Map<string, string>();
  for (const [name, secret] of Object.entries(secrets)) {
    const bytes = Buffer.from(secret);
    const forms = [secret, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
    // Of what marks its kind nothing is secret.
    for (const form of forms.map((text) => text.replace(/^(?:hf_|ghp_|FwoG)/, '')))
      for (let at = 0; at + SPAN <= form.length; at += 1) needles.set(form.slice(at, at + SPAN), name);
  }
  return needles;
}

/** As `proxy-authorization` has it. */
const PROXY_BASIC = Buffer.from(`someone:${SECRETS.proxyPassword}`).toString('base64');
const NEEDLES = needlesOf({ proxyBasic: PROXY_BASIC, ...SECRETS });

/** Names of the secrets of which ten characters in a row stand in these bytes. */
function leaksIn(bytes: Uint8Array | string): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1');
  const found = new Set<string>();
  for (let at = 0; at + SPAN <= text.length; at += 1) {
    const name = NEEDLES.get(text.slice(at, at + SPAN));
    if (name !== undefined) found.add(name);
  }
  return [...found];
}

/** What the test itself wrote, and where the user's own secrets are meant to be. */
const OURS = /^(?:models\.toml|crash\.mjs|\.env|\.cache\/huggingface\/token|\.config\/wan\/credentials\/.*)$/;

async function leakingFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const leaks: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(directory.length + 1);
    if (OURS.test(name)) continue;
    const found = [...leaksIn(name), ...leaksIn(await readFile(path))];
    if (found.length > 0) leaks.push(`${name}: ${found.join(', ')}`);
  }
  return leaks;
}

interface Model {
  readonly sources: readonly string[];
  readonly url?: string;
  readonly content?: typeof CONTENT;
}

const manifestOf = (models: Readonly<Record<string, Model>>): string =>
  ['schema_version = 1', ...Object.entries(models).map(([id, model]) => modelText(id, model))].join('\n');

const modelText = (id: string, { sources, url, content = CONTENT }: Model): string => `
[models."${id}"]
description = "for tests"
version = "${id.split('@')[1]}"
variants = ["fp16"]
default_variant = "fp16"
[[models."${id}".files]]
path = "w.bin"
size = ${content.sizeBytes}
sha256 = "${sha256Hex(content)}"
${url === undefined ? '' : `url = "${url}"`}
[models."${id}".sources]
priority = ${JSON.stringify(sources)}
`;

let place: Place;
let github: GithubServer;
let identity: IdentityServer;
let web: FaultServer;
let s3: S3Server;
let proxy: ProxyServer;
let proxyUrl: string;

beforeAll(async () => {
  [github, identity, web, s3] = await Promise.all([
    GithubServer.start(),
    IdentityServer.start({ [SECRETS.hfStored]: 'alice', [SECRETS.githubStored]: 'bob' }),
    FaultServer.start({ files: { 'w.bin': CONTENT, 'slow.bin': SLOW, 'denied/w.bin': CONTENT } }),
    startEmbedded(),
  ]);
  proxy = await ProxyServer.start({ credentials: `someone:${SECRETS.proxyPassword}` });
  proxyUrl = proxy.url.replace('://', `://someone:${SECRETS.proxyPassword}@`);
});
afterAll(() => Promise.all([github.stop(), identity.stop(), web.stop(), s3.stop(), proxy.stop()]));

async function furnish(): Promise<void> {
  place = await placeWith({});
  const bucket = await s3.createBucket();
  await s3.put(bucket, 'm/w.bin', CONTENT.read(0, CONTENT.sizeBytes));
  github.upload('acme/private', 'v1', 'w.bin', CONTENT);
  github.setPrivate('acme/private');
  github.allow(SECRETS.githubStored, 'acme/private');
  const query = `?X-Amz-Credential=${SECRETS.awsKeyId}%2Fx&X-Amz-Signature=${SECRETS.signature}`;
  web.fault('denied/w.bin', status(403, { body: `denied: /denied/w.bin${query} Authorization: Bearer ${SECRETS.hfVariable}` }));
  const models = {
    'private@1.0.0': { sources: ['github://acme/private@v1'] },
    'bucket@1.0.0': { sources: [`s3://${bucket}/m`] },
    'signed@1.0.0': { sources: ['local://nowhere'], url: `${web.url}/w.bin${query}` },
    'denied@1.0.0': { sources: ['local://nowhere'], url: `${web.url}/denied/w.bin${query}`, content: seeded(300_000, 9) },
    'slow@1.0.0': { sources: ['local://nowhere'], url: `${web.url}/slow.bin${query}`, content: SLOW },
    'hub@1.0.0': { sources: ['hf://acme/model'], content: seeded(300_000, 10) },
  };
  await writeFile(join(place.directory, 'models.toml'), manifestOf(models));
  await writeFile(join(place.directory, 'crash.mjs'), crashingModule());
  // Held back until it is trusted, and shown on the way: the proxy with its password, a CA file of one origin.
  const held = [`HTTPS_PROXY=${proxyUrl}`, 'WAN_ORIGIN_CA_FILES=https://models.example=ca.pem', `WAN_S3_PROFILE=team`];
  await writeFile(join(place.directory, '.env'), [`AWS_SESSION_TOKEN=${SECRETS.awsSession}`, ...held, ''].join('\n'));
}

const environment = (): Record<string, string> => ({
  WAN_KEYRING: 'off',
  WAN_RETRY_ATTEMPTS: '1',
  HF_TOKEN: SECRETS.hfVariable,
  HF_ENDPOINT: identity.url,
  GITHUB_TOKEN: SECRETS.githubVariable,
  GITHUB_API_URL: github.apiUrl,
  AWS_ENDPOINT_URL: s3.endpoint,
  AWS_ACCESS_KEY_ID: SECRETS.awsKeyId,
  AWS_SECRET_ACCESS_KEY: SECRETS.awsSecret,
});

const LOUD = ['--log-level', 'debug', '--progress', 'json'];

describe('secrets', () => {
  const outcomes: { readonly words: string; readonly outcome: Outcome }[] = [];
  const run = async (words: readonly string[], { env, ...more }: RunOptions = {}): Promise<Outcome> => {
    const outcome = await place.wan(words, { ...more, env: { ...environment(), ...env } });
    outcomes.push({ words: words.join(' '), outcome });
    return outcome;
  };
  const statusOf = async (words: readonly string[], options: RunOptions = {}): Promise<number | null> => (await run(words, options)).status;
  const login = (words: readonly string[], text: string): Promise<number | null> =>
    statusOf(['auth', 'login', ...words, '--token-stdin'], { onStart: (child) => void child.stdin?.end(text) });

  it('stand in no output and in no file, whatever is done and whatever goes wrong', async () => {
    await furnish();

    expect(await login(['hf'], SECRETS.hfStored)).toBe(0);
    expect(await login(['hf', '--json'], SECRETS.hfRefused)).toBe(8);
    expect(await login(['github', '--no-check', '--json'], SECRETS.githubStored)).toBe(0);
    expect(await login(['s3', '--endpoint', 'https://minio.example'], `minio\n${SECRETS.s3Stored}\n`)).toBe(0);
    expect(await statusOf(['auth', 'login', 'hf', SECRETS.hfRefused])).toBe(2);
    expect(await statusOf(['auth', 'login', SECRETS.awsSecret])).toBe(2);

    for (const model of ['private@1.0.0', 'bucket@1.0.0', 'signed@1.0.0']) {
      expect(await statusOf(['models', 'plan', model, '--json'])).toBe(0);
      expect(await statusOf(['models', 'ensure', model, ...LOUD]), model).toBe(0);
      expect(await statusOf(['models', 'ensure', model, ...LOUD, '--force', '--json', '--log-format', 'json']), model).toBe(0);
    }
    const viaProxy = { env: { http_proxy: proxyUrl } };
    expect(await statusOf(['models', 'ensure', 'signed@1.0.0', '--force', ...LOUD], viaProxy)).toBe(0);
    expect(proxy.requests.length).toBeGreaterThan(0);

    const wrongProxy = { env: { http_proxy: proxyUrl.replace(SECRETS.proxyPassword, SECRETS.signature) } };
    expect(await statusOf(['models', 'ensure', 'signed@1.0.0', '--force', ...LOUD], wrongProxy)).not.toBe(0);
    for (const json of [[], ['--json', '--log-format', 'json']]) {
      expect(await statusOf(['models', 'ensure', 'denied@1.0.0', ...LOUD, ...json])).toBe(8);
      expect(await statusOf(['models', 'ensure', 'hub@1.0.0', ...LOUD, ...json])).not.toBe(0);
    }
    github.refuseAll({ status: 401, document: { message: `Bad credentials: ${SECRETS.githubStored}` } });
    expect(await statusOf(['models', 'ensure', 'private@1.0.0', '--force', '--json', ...LOUD])).toBe(8);
    github.refuseAll(undefined);
    expect(github.requests.map(({ authorization }) => authorization)).toContain(`Bearer ${SECRETS.githubStored}`);
    expect(identity.requests.filter(({ path }) => !path.endsWith('/whoami-v2')).map(({ authorization }) => authorization)).toContain(
      `Bearer ${SECRETS.hfStored}`,
    );
    expect(web.requests.map(({ query }) => query).join()).toContain(SECRETS.signature);

    const killed = await run(['models', 'ensure', 'slow@1.0.0', ...LOUD], {
      env: { WAN_LIMIT_RATE: '1M' },
      onStderr: (text, child) => text.includes('file.progress') && child.kill('SIGKILL'),
    });
    expect(killed.status).toBeNull();
    expect(
      await statusOf(['models', 'ensure', 'signed@1.0.0', ...LOUD, '--force'], {
        env: { ...viaProxy.env, NODE_OPTIONS: `--import=${join(place.directory, 'crash.mjs')}` },
      }),
    ).toBe(1);

    const malformed = { HF_TOKEN: `${SECRETS.hfVariable} ${SECRETS.hfVariable}` };
    expect(await statusOf(['auth', 'status', '--json'], { env: malformed })).toBe(8);
    expect(await login(['s3', '--endpoint', github.apiUrl], `${SECRETS.awsKeyId}\n${SECRETS.awsSecret}\n${SECRETS.awsSession}\n`)).toBe(0);
    expect(outcomes.map(({ outcome }) => outcome.stderr).join()).toContain('HTTPS_PROXY) is not in force');
    for (const words of QUIET_VERBS) {
      await run(words, viaProxy);
      await run([...words, '--json'], viaProxy);
    }
    expect(await statusOf(['config', 'trust', '--json'])).toBe(0);
    expect(await statusOf(['config', 'show'])).toBe(0);
    const endpoint = { AWS_ENDPOINT_URL: undefined, HF_ENDPOINT: undefined };
    await writeFile(join(place.directory, 'wan.toml'), `s3_endpoint_url = "${s3.endpoint}"\nhf_endpoint = "${identity.url}"\n`);
    for (const model of ['bucket@1.0.0', 'hub@1.0.0']) await run(['models', 'ensure', model, '--force', ...LOUD], { env: endpoint });
    expect(outcomes.at(-1)?.outcome.stderr).toContain('HF_TOKEN is not sent to');

    const leaks = outcomes.map(({ words, outcome }) => ({ words, found: leaksIn(outcome.stdout + outcome.stderr) }));
    expect(leaks.filter(({ found }) => found.length > 0)).toEqual([]);
    expect(await leakingFiles(place.directory)).toEqual([]);
  }, 180_000);

  it('would be found by this very search, in each form, in an output and in a file', async () => {
    for (const [name, secret] of Object.entries(SECRETS)) {
      for (const planted of [
        secret,
        encodeURIComponent(secret),
        ...(['base64', 'base64url', 'hex'] as const).map((form) => Buffer.from(secret).toString(form)),
      ])
        expect(leaksIn(`before ${planted} after`)).toContain(name);
    }
    place = await placeWith({});
    await writeFile(join(place.directory, 'planted'), Buffer.concat([randomBytes(999), Buffer.from(SECRETS.awsSecret.slice(5, 20))]));
    expect(await leakingFiles(place.directory)).toEqual(['planted: awsSecret']);
  });
});

const QUIET_VERBS = [
  ['auth', 'status'],
  ['auth', 'logout', 'github'],
  ['doctor'],
  ['config', 'show'],
  ['models', 'list'],
  ['models', 'show', 'signed@1.0.0'],
  ['models', 'status', 'signed@1.0.0'],
  ['models', 'status', 'slow@1.0.0'],
  ['models', 'verify', 'signed@1.0.0'],
  ['models', 'validate'],
  ['models', 'locks', '--all'],
  ['models', 'path', 'signed@1.0.0'],
];

/** A module that crashes the command once it can report, with a message full of what it was given. */
function crashingModule(): string {
  const text = [
    SECRETS.hfVariable,
    SECRETS.githubVariable,
    `AWS_SECRET_ACCESS_KEY=${SECRETS.awsSecret}`,
    SECRETS.awsKeyId,
    proxyUrl,
    `https://bucket.example/w.bin?X-Amz-Signature=${SECRETS.signature}`,
  ].join(' ');
  return `setInterval(() => {
  if (process.listenerCount('uncaughtException') > 0) throw new Error('crashed: ${text}');
}, 1);
`;
}
