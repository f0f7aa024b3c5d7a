/** A cloned project and the user's own secrets: what its files say, and what whoever they name gets to see. Real servers that record it. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, connect as tcpConnect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubServer } from '../servers/github/github-server.ts';
import { createCertificate } from '../servers/http/certificate.ts';
import { FaultServer, literal } from '../servers/http/fault-server.ts';
import { ProxyServer } from '../servers/http/proxy-server.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { IdentityServer } from '../servers/identity-server.ts';
import { startEmbedded } from '../servers/s3/embedded.ts';
import { FaultProxy, s3ErrorAnswer } from '../servers/s3/fault-proxy.ts';
import { documentOf } from '../support/document.ts';
import { type Place, placeWith, type RunOptions } from '../support/wan-command.ts';

const A = 'alpha@1.0.0';
const FILES = { 'a.json': '{"a":1}' };
const TOKEN = 'hf_OfTheUserOfTheUserOfTheUser';

interface Stoppable {
  stop(): Promise<void>;
}

function started<S extends Stoppable>(server: S): S {
  onTestFinished(() => server.stop());
  return server;
}

const NO_KEYRING = { WAN_KEYRING: 'off', WAN_RETRY_ATTEMPTS: '0', AWS_EC2_METADATA_DISABLED: 'true' };
/** An ensure that fetches, however often. */
const ensure = (place: Place, env: RunOptions['env'] = {}, ...more: string[]) =>
  place.wan(['models', 'ensure', A, '--force', ...more], { env: { ...NO_KEYRING, ...env } });
const trust = (place: Place) => place.wan(['config', 'trust'], { env: NO_KEYRING });
const wanToml = (place: Place, text: string) => writeFile(join(place.directory, 'wan.toml'), text);

describe('an S3 endpoint of a cloned project', () => {
  const KEYS = {
    AWS_ACCESS_KEY_ID: 'AKIAOFTHEUSER1234567',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-user',
    AWS_SESSION_TOKEN: 'session-of-the-user',
  };

  async function clone() {
    const server = started(await startEmbedded());
    const evil = started(await FaultProxy.start(server.endpoint));
    const bucket = await server.createBucket();
    await server.put(bucket, 'm/a.json', FILES['a.json']);
    const place = await placeWith({ [A]: { files: FILES, sources: [`s3://${bucket}/m`] } });
    await wanToml(place, `s3_endpoint_url = "${evil.endpoint}"\n`);
    const seen = () => evil.requests.splice(0).map(({ headers }) => headers);
    return { place, evil, seen };
  }

  it('sees no signature with the keys of the user: it is asked as by anybody, and a refusal says what to do', async () => {
    const { place, evil, seen } = await clone();
    const asAnybody = await ensure(place, KEYS);
    expect(asAnybody).toMatchObject({ status: 0, stderr: expect.stringContaining('AWS_ACCESS_KEY_ID does not sign for') });
    const headers = seen();
    expect(headers.length).toBeGreaterThan(0);
    for (const one of headers)
      expect(Object.keys(one).filter((name) => /^(?:authorization|x-amz-(?:security-token|date))$/.test(name))).toEqual([]);

    evil.fault(s3ErrorAnswer(403, 'AccessDenied'));
    const refused = await ensure(place, KEYS, '--json');
    expect(refused.status).toBe(8);
    expect(documentOf(refused.stdout).error).toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'credentials_withheld',
      hint: expect.stringMatching(/wan\.toml:1:1.*`wan config trust`.*`wan auth login s3 --endpoint http/),
    });
    expect(JSON.stringify(seen())).not.toContain('AKIA');
  });

  it('gets none of the models of a tier in S3, which stay here, until its file is trusted', async () => {
    const { place, evil, seen } = await clone();
    const env = { ...NO_KEYRING, ...KEYS, WAN_TIERS: 'deep=s3://models-of-the-user/cold' };
    const move = (...more: string[]) => place.wan(['models', 'tier', 'move', A, '--to', 'deep', '--json', ...more], { env });
    await ensure(place);
    seen();
    for (const more of [['--dry-run'], []]) {
      const refused = await move(...more);
      expect(refused.status).toBe(8);
      const error = {
        code: 'AUTH_FAIL',
        reason: 'endpoint_distrusted',
        message: expect.stringContaining('wan.toml:1:1'),
        hint: expect.stringContaining('wan config trust'),
      };
      expect(documentOf(refused.stdout)).toMatchObject({ data: { results: [{ error }] } });
    }
    expect(seen()).toEqual([]);
    expect((await place.wan(['models', 'verify', A], { env: NO_KEYRING })).status).toBe(0);
    await trust(place);
    evil.fault(s3ErrorAnswer(403, 'AccessDenied'));
    expect((await move()).status).toBe(8);
    expect(seen().length).toBeGreaterThan(0);
  });

  it('sees none of a profile or of the chain of the SDK either', async () => {
    const { place, seen } = await clone();
    const folder = join(place.directory, 'aws');
    await mkdir(folder);
    await writeFile(
      join(folder, 'credentials'),
      '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = x\n[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = x\n',
    );
    const files = { AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'), AWS_CONFIG_FILE: join(folder, 'config') };
    for (const more of [{}, { AWS_PROFILE: 'team' }]) expect((await ensure(place, { ...files, ...more })).status).toBe(0);
    expect(JSON.stringify(seen())).not.toContain('AKIA');
    await trust(place);
    expect((await ensure(place, { ...files, AWS_PROFILE: 'team' })).status).toBe(0);
    expect(JSON.stringify(seen())).toContain('AKIATEAM');
  });

  it('gets them once the user trusts the file as it is, and no more when it changes', async () => {
    const { place, evil, seen } = await clone();
    const outcome = await trust(place);
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringContaining(`s3_endpoint_url = ${evil.endpoint}`) });
    expect(await ensure(place, KEYS)).toMatchObject({ status: 0, stderr: expect.not.stringContaining('not trusted') });
    expect(seen()[0]).toMatchObject({
      authorization: expect.stringContaining(KEYS.AWS_ACCESS_KEY_ID),
      'x-amz-security-token': KEYS.AWS_SESSION_TOKEN,
    });

    await wanToml(place, `# as pulled\ns3_endpoint_url = "${evil.endpoint}"\n`);
    expect((await ensure(place, KEYS)).status).toBe(0);
    expect(JSON.stringify(seen())).not.toContain('AKIA');

    await trust(place);
    await place.wan(['config', 'trust', '--revoke'], { env: NO_KEYRING });
    expect((await ensure(place, KEYS)).status).toBe(0);
    expect(JSON.stringify(seen())).not.toContain('AKIA');
  });

  it('gets keys that were stored for it, and the same file named by the user gets those of the environment', async () => {
    const { place, evil, seen } = await clone();
    expect((await ensure(place, { ...KEYS, WAN_CONFIG: 'wan.toml' })).status).toBe(0);
    expect(seen()[0]?.authorization).toContain(KEYS.AWS_ACCESS_KEY_ID);
    const env = NO_KEYRING;
    const login = ['auth', 'login', 's3', '--endpoint', evil.endpoint, '--token-stdin', '--no-check'];
    expect((await place.wan(login, { env, onStart: (child) => void child.stdin?.end('AKIASTORED\nstored\n') })).status).toBe(0);
    expect((await ensure(place, KEYS)).status).toBe(0);
    for (const { authorization } of seen()) expect(authorization).toContain('AKIASTORED');
  });
});

describe('a proxy of a cloned project', () => {
  it('sees nothing of what goes to a Hub of the user, until the project is trusted', async () => {
    const hub = started(await HubServer.start());
    hub.commit('acme/model', FILES);
    hub.allow(TOKEN, 'acme/model');
    const evil = started(await ProxyServer.start());
    const place = await placeWith({ [A]: { files: FILES, sources: ['hf://acme/model'] } });
    const env = { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN };
    for (const key of ['http_proxy', 'all_proxy']) {
      await wanToml(place, `${key} = "${evil.url}"\n`);
      expect(await ensure(place, env)).toMatchObject({
        status: 0,
        stderr: expect.stringContaining(`${key} (${join(place.directory, 'wan.toml')}:1:1) is not in force`),
      });
      expect(evil.requests).toEqual([]);
    }
    expect(hub.requests[0]?.authorization).toBe(`Bearer ${TOKEN}`);
    await trust(place);
    expect((await ensure(place, env)).status).toBe(0);
    expect(evil.requests.length).toBeGreaterThan(0);
  });

  it('cannot read TLS with an authority that the project brings', async () => {
    const authority = createCertificate({ commonName: 'Evil CA', isAuthority: true });
    const tls = createCertificate({ commonName: 'hub.test', hosts: ['hub.test'], issuer: authority });
    const reader = started(await FaultServer.start({ tls }));
    const evil = started(await redirectingProxy(Number(new URL(reader.url).port)));
    const place = await placeWith({ [A]: { files: FILES, sources: ['hf://acme/model'] } });
    await writeFile(join(place.directory, 'evil.pem'), authority.cert);
    const env = { HF_ENDPOINT: 'https://hub.test', HF_TOKEN: TOKEN };
    for (const text of [`https_proxy = "${evil.url}"\nca_files = ["evil.pem"]\n`, 'ca_files = ["evil.pem"]\n']) {
      await wanToml(place, text);
      // The second time the way is the user's own: only the authority is the project's.
      const proxy = text.includes('https_proxy') ? {} : { HTTPS_PROXY: evil.url };
      const outcome = await ensure(place, { ...env, ...proxy }, '--json');
      expect(outcome.status).toBe(4);
      expect(outcome.stderr).toContain('ca_files');
      expect(reader.requests).toEqual([]);
    }
    // So it is the trust that stands between them.
    await wanToml(place, `https_proxy = "${evil.url}"\nca_files = ["evil.pem"]\n`);
    await trust(place);
    await ensure(place, env);
    expect(reader.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });
});

/** Leads every tunnel to one port of this machine, whatever host was asked for. */
async function redirectingProxy(port: number): Promise<Stoppable & { readonly url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      const onward = tcpConnect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${own}`, stop: () => new Promise((resolve) => void server.close(() => resolve())) };
}

describe('an API of a cloned project', () => {
  it('sees no token: neither a Hub nor a GitHub', async () => {
    const [hub, github] = [started(await HubServer.start()), started(await GithubServer.start())];
    hub.commit('acme/model', FILES);
    github.upload('acme/model', 'v1', 'a.json', literal(FILES['a.json']));
    const place = await placeWith({ [A]: { files: FILES, sources: ['hf://acme/nothing', 'github://acme/model@v1'] } });
    await wanToml(place, `hf_endpoint = "${hub.url}"\ngithub_api_url = "${github.apiUrl}"\n`);
    const env = { HF_TOKEN: TOKEN, GITHUB_TOKEN: 'ghp_OfTheUserOfTheUser' };
    expect(await ensure(place, env)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/HF_TOKEN is not sent to http.*GITHUB_TOKEN is not sent to http/),
    });
    const seen = [...hub.requests, ...github.requests].map(({ authorization }) => authorization);
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('is given no token by a log-in that does not name it', async () => {
    const evil = started(await IdentityServer.start({ [TOKEN]: 'alice' }));
    const place = await placeWith({ [A]: { files: FILES } });
    await wanToml(place, `hf_endpoint = "${evil.url}"\ns3_endpoint_url = "${evil.url}"\ngithub_api_url = "${evil.url}"\n`);
    const login = (...words: string[]) =>
      place.wan(['auth', 'login', ...words, '--token-stdin'], { env: NO_KEYRING, onStart: (child) => void child.stdin?.end(`${TOKEN}\n`) });
    for (const service of ['hf', 'github', 's3']) {
      const outcome = await login(service);
      expect(outcome).toMatchObject({ status: 2, stderr: expect.stringMatching(/INVALID_CONFIG.*wan\.toml[\s\S]*--endpoint http/) });
    }
    expect(evil.requests).toEqual([]);
    await expect(readdir(join(place.directory, '.config', 'wan', 'credentials'))).rejects.toThrow('ENOENT');
    expect((await login('hf', '--endpoint', evil.url)).status).toBe(0);
  });
});

describe('a host that a manifest names', () => {
  it('gets no credential of any kind, whatever the user has', async () => {
    const web = started(await FaultServer.start({ files: { 'm/a.json': FILES['a.json'] } }));
    const place = await placeWith({ [A]: { files: FILES, sources: [`${web.url}/m`] } });
    const login = (...words: string[]) =>
      place.wan(['auth', 'login', ...words, '--token-stdin', '--no-check'], {
        env: NO_KEYRING,
        onStart: (child) => void child.stdin?.end(`${TOKEN}\nsecret\n`.slice(0, words[0] === 's3' ? undefined : TOKEN.length)),
      });
    for (const words of [['hf'], ['github'], ['s3']]) expect((await login(...words)).status).toBe(0);
    const env = { HF_TOKEN: TOKEN, GITHUB_TOKEN: TOKEN, AWS_ACCESS_KEY_ID: TOKEN, AWS_SECRET_ACCESS_KEY: TOKEN };
    expect((await ensure(place, env)).status).toBe(0);
    expect(web.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(web.requests.map(({ headers }) => headers))).not.toMatch(/authorization|cookie|x-amz|OfTheUser/i);
  });
});

describe('what is held back', () => {
  it('is shown by config show and doctor, with its place, and everything else of the file counts', async () => {
    const place = await placeWith({ [A]: { files: FILES } });
    await wanToml(place, 'connections = 7\nhttps_proxy = "http://me:hunter22@proxy.example:1"\nhf_endpoint = "https://mirror.example"\n');
    const file = join(place.directory, 'wan.toml');
    const { settings } = documentOf<{ settings: { key: string }[] }>((await place.wan(['config', 'show', '--json'])).stdout).data;
    const of = (key: string) => settings.find((one) => one.key === key);
    expect(of('connections')).toEqual({ key: 'connections', value: '7', origin: `${file}:1:1` });
    expect(of('https_proxy')).toEqual({
      key: 'https_proxy',
      value: '-',
      origin: 'default',
      held_back: { value: 'http://******@proxy.example:1', origin: `${file}:2:1` },
    });
    expect(of('hf_endpoint')).toEqual({ key: 'hf_endpoint', value: 'https://mirror.example', origin: `${file}:3:1`, untrusted: true });
    const shown = (await place.wan(['config', 'show'])).stdout;
    expect(shown).toContain(`https_proxy = http://******@proxy.example:1 of ${file}:2:1 is held back`);
    expect(shown).toContain('`wan config trust`');
    expect((await place.wan(['doctor'])).stdout).toContain(`https_proxy (${file}:2:1) is not in force`);

    const trusted = documentOf((await place.wan(['config', 'trust', '--json'])).stdout).data;
    expect(trusted).toMatchObject({ files: [file], trusted: true, settings: [{ key: 'hf_endpoint' }, { key: 'https_proxy' }] });
    const after = await place.wan(['config', 'show']);
    expect(after.stdout).not.toContain('held back');
    expect(after.stdout + JSON.stringify(trusted)).not.toContain('hunter22');
    await rm(file);
    expect((await place.wan(['config', 'trust'])).stdout).toContain('no wan.toml or .env');
  });
});
