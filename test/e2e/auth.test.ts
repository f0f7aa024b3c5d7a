/** `wan auth`: the built command against services on loopback, at a real terminal, and with a real keyring. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HubServer } from '../servers/hub/hub-server.ts';
import { EXPIRES_AT, IdentityServer } from '../servers/identity-server.ts';
import { startEmbedded } from '../servers/s3/embedded.ts';
import { FaultProxy, s3ErrorAnswer } from '../servers/s3/fault-proxy.ts';
import { documentOf } from '../support/document.ts';
import { describeWithReal } from '../support/real-server.ts';
import { cleanEnvironment, type Outcome, type Place, placeWith, type RunOptions, WAN } from '../support/wan-command.ts';

const HF = 'hf_QmZkTrWxYvLpNsBdFgHjKlAbCd';
const GITHUB = 'ghp_QmZkTrWxYvLpNsBdFgHjKlAbCd0123456789';
const NO_KEYRING = { WAN_KEYRING: 'off' };

let place: Place;
let server: IdentityServer;
beforeEach(async () => {
  place = await placeWith({ 'alpha@1.0.0': { files: { 'a.json': '{}' } } });
  server = await IdentityServer.start({ [HF]: 'alice', [GITHUB]: 'bob' });
});
afterEach(() => server.stop());

const folder = () => join(place.directory, '.config', 'wan', 'credentials');
const storedNames = (): Promise<string[]> => readdir(folder()).catch(() => []);

/** Text on standard input, as from a pipe. */
const piped = (text: string): RunOptions => ({ env: NO_KEYRING, onStart: (child) => void child.stdin?.end(text) });
const login = (words: readonly string[], text: string): Promise<Outcome> =>
  place.wan(['auth', 'login', ...words, '--token-stdin'], piped(text));
const status = async () => documentOf((await place.wan(['auth', 'status', '--json'], { env: NO_KEYRING })).stdout).data;

describe('wan auth login', () => {
  it('asks the Hub whose the token is, stores it for that origin alone, and shows it masked', async () => {
    const outcome = await login(['hf', '--endpoint', server.url], `  ${HF}\r\n`);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    expect(outcome.stdout).toContain(`hf_…AbCd of alice for ${server.url} is stored in `);
    expect(server.requests).toEqual([{ path: '/api/whoami-v2', authorization: `Bearer ${HF}` }]);
    expect(await status()).toEqual({
      credentials: [
        { service: 'hf', origin: server.url, from: expect.stringContaining(folder()), shown: 'hf_…AbCd', used: true, account: 'alice' },
      ],
    });
    const [name = ''] = await storedNames();
    expect(((await stat(join(folder(), name))).mode & 0o777).toString(8)).toBe('600');
  });

  it('asks GitHub Enterprise under its path, and tells when the token ends', async () => {
    const outcome = await login(['github', '--endpoint', `${server.url}/api/v3`, '--json'], GITHUB);
    expect(documentOf(outcome.stdout).data).toMatchObject({ account: 'bob', checked: true, expires_at: EXPIRES_AT, origin: server.url });
    expect(server.requests.map(({ path }) => path)).toEqual(['/api/v3/user']);
    expect((await place.wan(['auth', 'status'], { env: NO_KEYRING })).stdout).toMatch(/ghp_…6789 .*bob .*in \d+/);
  });

  it('stores nothing that the service does not know, and ends with 8', async () => {
    const outcome = await login(['hf', '--endpoint', server.url, '--json'], 'hf_WrongWrongWrongWrong');
    expect(outcome.status).toBe(8);
    expect(documentOf(outcome.stdout).error).toMatchObject({ code: 'AUTH_FAIL', reason: 'token_invalid' });
    expect(outcome.stdout + outcome.stderr).not.toContain('WrongWrong');
    expect(await storedNames()).toEqual([]);
  });

  it('stores a token that cannot be checked, and says so; --no-check does not ask', async () => {
    server.status = 503;
    const { url } = server;
    const { data } = documentOf((await login(['hf', '--endpoint', server.url, '--json'], HF)).stdout);
    expect(data).toMatchObject({ checked: false, warnings: expect.arrayContaining([expect.stringContaining('503')]) });
    await server.stop();
    const asked = server.requests.length;
    const unreachable = await login(['hf', '--endpoint', url], HF);
    expect(unreachable).toMatchObject({ status: 0, stdout: expect.stringContaining('it is not known whether the token is good') });
    expect((await login(['hf', '--endpoint', url, '--no-check'], HF)).stdout).not.toContain('not known');
    expect(server.requests).toHaveLength(asked);
    server = await IdentityServer.start({});
  });

  it.each([
    ['hf', HF],
    ['github', GITHUB],
    ['s3', 'AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMIbPxRfiCY\n'],
  ])(
    'is not told by a good status alone that the secret of %s is good: whatever else stands there says that too',
    async (service, text) => {
      server.status = 200;
      const { data } = documentOf((await login([service, '--endpoint', server.url, '--json'], text)).stdout);
      expect(data).toMatchObject({
        checked: false,
        warnings: expect.arrayContaining([expect.stringContaining('it is not known whether')]),
      });
    },
  );

  it('takes S3 keys line by line, for AWS and for a server of one’s own', async () => {
    expect((await login(['s3', '--no-check'], 'AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMIbPxRfiCY\n')).status).toBe(0);
    expect((await login(['s3', '--no-check', '--endpoint', 'http://minio:9000'], 'minio-user\nsecretsecret\nFwoGsession\n')).status).toBe(
      0,
    );
    expect((await status()).credentials).toMatchObject([
      { service: 's3', origin: 'aws', shown: 'AKIA…MPLE', used: true },
      { service: 's3', origin: 'http://minio:9000', used: true },
    ]);
    const minio = await login(['s3', '--no-check', '--endpoint', 'http://minio:9000'], 'minio-user\nsecretsecret\n');
    expect(minio.stdout).toContain('warning: http://minio:9000 is not encrypted: a session token');
    const one = await login(['s3'], 'AKIAIOSFODNN7EXAMPLE\n');
    expect(one).toMatchObject({ status: 2, stderr: expect.stringContaining('the secret access key is empty') });
  });

  it('stores S3 keys for the endpoint that a profile names, as that is where they will be asked for', async () => {
    const configFile = join(place.directory, 'aws-config');
    await writeFile(configFile, `[default]\nendpoint_url = ${server.url}\n`);
    const run = (words: readonly string[], text = '') =>
      place.wan(['auth', ...words, '--json'], { ...piped(text), env: { ...NO_KEYRING, AWS_CONFIG_FILE: configFile } });
    const stored = await run(['login', 's3', '--token-stdin', '--no-check'], 'minio-user\nsecretsecret\n');
    expect(documentOf(stored.stdout).data).toMatchObject({ origin: server.url });
    expect(documentOf((await run(['logout', 's3'])).stdout).data).toMatchObject({ origin: server.url, removed: true });
  });

  it('asks an S3 service whether it knows the keys, by a signed list of buckets, and stores none that it refuses', async () => {
    const s3 = await startEmbedded();
    const service = await FaultProxy.start(s3.endpoint);
    onTestFinished(async () => {
      await service.stop();
      await s3.stop();
    });
    const { endpoint } = service;
    const keys = `${s3.accessKeyId}\n${s3.secretAccessKey}\n`;
    const ask = async () => {
      const outcome = await login(['s3', '--endpoint', endpoint, '--json'], keys);
      return { ...documentOf(outcome.stdout), status: outcome.status, stored: (await storedNames()).length };
    };
    for (const [code, reason] of [
      ['InvalidAccessKeyId', 'InvalidAccessKeyId'],
      ['SignatureDoesNotMatch', 'SignatureDoesNotMatch'],
      ['ExpiredToken', 'ExpiredToken'],
    ] as const) {
      service.fault(s3ErrorAnswer(403, code), { times: 1 });
      const error = { code: 'AUTH_FAIL', reason: 'token_invalid', message: expect.stringContaining(reason) };
      expect(await ask()).toMatchObject({ status: 8, stored: 0, error });
    }
    expect(await ask()).toMatchObject({
      status: 0,
      stored: 1,
      data: { checked: true, warnings: [expect.stringContaining('not encrypted'), expect.anything()] },
    });
    const [first] = service.requests;
    expect(first).toMatchObject({ method: 'GET', url: '/', headers: { authorization: expect.stringContaining(s3.accessKeyId) } });
    // Keys that may not list buckets are known all the same.
    service.fault(s3ErrorAnswer(403, 'AccessDenied'), { times: 1 });
    expect(await ask()).toMatchObject({ data: { checked: true } });
    service.fault(s3ErrorAnswer(400, 'AuthorizationHeaderMalformed', '<Region>eu-north-1</Region>'), { times: 1 });
    expect(await ask()).toMatchObject({ data: { checked: true } });
    expect(service.requests.at(-1)?.headers.authorization).toContain('/eu-north-1/s3/');
    service.fault(s3ErrorAnswer(500, 'InternalError'), { times: 1 });
    expect(await ask()).toMatchObject({
      status: 0,
      data: { checked: false, warnings: expect.arrayContaining([expect.stringContaining('the keys are good')]) },
    });
    await service.stop();
    expect(await ask()).toMatchObject({ status: 0, data: { checked: false } });
  });

  it.each([
    ['nothing', '', 'the token is empty'],
    ['two lines', `${HF}\nmore\n`, '2 lines'],
    ['a token with a blank in it', 'hf_Qm ZkTrWxYvLpNs', 'characters that no token has'],
    ['a whole file', 'x'.repeat(100_000), 'too long'],
  ])('refuses %s, and stores nothing', async (_, text, message) => {
    const outcome = await login(['hf', '--no-check'], text);
    expect(outcome).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
    expect(outcome.stderr).not.toContain('TrWxYv');
    expect(await storedNames()).toEqual([]);
  });

  it('refuses a token on the command line without repeating it, and a prompt where nobody can type', async () => {
    const onCommandLine = await place.wan(['auth', 'login', 'hf', 'OpaqueSecret1234567890']);
    expect(onCommandLine).toMatchObject({ status: 2, stderr: expect.not.stringContaining('OpaqueSecret') });
    const unasked = await place.wan(['auth', 'login', 'hf'], piped(''));
    expect(unasked).toMatchObject({ status: 2, stderr: expect.stringContaining('--token-stdin') });
  });
});

describe('a stored token', () => {
  it('lets ensure in at the place that it was stored for, and is sent to no other', async () => {
    const hub = await HubServer.start();
    onTestFinished(() => hub.stop());
    hub.commit('acme/private', { 'a.json': '{"b":1}' });
    hub.repo('acme/private').isPrivate = true;
    hub.allow(HF, 'acme/private');
    place = await placeWith({ 'beta@1.0.0': { files: { 'a.json': '{"b":1}' }, sources: ['hf://acme/private'] } });
    const env = { ...NO_KEYRING, HF_ENDPOINT: hub.url };
    const ensure = () => place.wan(['models', 'ensure', 'beta@1.0.0'], { env });
    const tokensSeen = () => [...new Set(hub.requests.map(({ authorization }) => authorization))];

    expect((await login(['hf', '--endpoint', server.url], HF)).status).toBe(0);
    expect((await ensure()).status).not.toBe(0);
    expect(tokensSeen()).toEqual([undefined]);

    expect((await login(['hf', '--endpoint', hub.url], HF)).status).toBe(0);
    expect(await ensure()).toMatchObject({ status: 0 });
    expect(tokensSeen()).toEqual([undefined, `Bearer ${HF}`]);
  });
});

describe('wan auth status', () => {
  it('has a line for what is no token, shows the others, and ends with 8', async () => {
    await login(['github', '--no-check'], GITHUB);
    const env = { ...NO_KEYRING, HF_TOKEN: 'hf_with a blank', HUGGING_FACE_HUB_TOKEN: HF };
    const outcome = await place.wan(['auth', 'status', '--json'], { env });
    expect(outcome.status).toBe(8);
    const document = documentOf<{ credentials: object[] }>(outcome.stdout);
    expect(document.ok).toBe(true);
    expect(document.data.credentials).toEqual([
      expect.objectContaining({ service: 'github', used: true }),
      expect.objectContaining({
        from: 'HF_TOKEN',
        shown: '',
        used: false,
        broken: true,
        note: expect.stringContaining('characters that no token has'),
      }),
      expect.objectContaining({ from: 'HUGGING_FACE_HUB_TOKEN', used: false, note: 'HF_TOKEN comes first' }),
    ]);
    expect(outcome.stdout).not.toContain('a blank');
    const text = await place.wan(['auth', 'status'], { env });
    expect(text).toMatchObject({ status: 8, stderr: '', stdout: expect.stringContaining('HF_TOKEN is not used') });
    expect((await place.wan(['doctor'], { env })).stdout).toContain('HF_TOKEN cannot be used');
  });

  it('shows what a log-in left that was killed while it wrote; logout and the next log-in remove it', async () => {
    await login(['hf', '--no-check'], HF);
    const [name = ''] = await storedNames();
    const leave = async () => {
      const left = join(folder(), `${name}.0b9b2c1e-6a0e-4f6e-9d53-0d2f3a6a7c55.tmp`);
      await writeFile(left, '{"half', { mode: 0o600 });
      await utimes(left, new Date(0), new Date(0));
    };
    await leave();
    const outcome = await place.wan(['auth', 'status', '--json'], { env: NO_KEYRING });
    expect(outcome.status).toBe(8);
    const left = {
      service: 'hf',
      origin: 'https://huggingface.co',
      broken: true,
      note: expect.stringContaining('wan auth logout hf --endpoint https://huggingface.co'),
    };
    expect(documentOf<{ credentials: object[] }>(outcome.stdout).data.credentials).toContainEqual(expect.objectContaining(left));
    await login(['hf', '--no-check'], HF);
    expect(await storedNames()).toEqual([name]);
    await leave();
    await place.wan(['auth', 'logout', 'hf'], { env: NO_KEYRING });
    expect(await storedNames()).toEqual([]);
    await leave();
    const removed = await place.wan(['auth', 'logout', 'hf', '--json'], { env: NO_KEYRING });
    expect([documentOf(removed.stdout).data.removed, await storedNames()]).toEqual([true, []]);
  });
});

describe('wan auth logout', () => {
  it('removes what was stored, once, and says what still gives a token', async () => {
    await login(['hf', '--no-check'], HF);
    const first = await place.wan(['auth', 'logout', 'hf', '--json'], { env: { ...NO_KEYRING, HF_TOKEN: 'hf_other' } });
    expect(documentOf(first.stdout).data).toEqual({
      service: 'hf',
      origin: 'https://huggingface.co',
      removed: true,
      warnings: ['HF_TOKEN still gives one'],
    });
    expect(await storedNames()).toEqual([]);
    const second = await place.wan(['auth', 'logout', 'hf', '--json'], { env: NO_KEYRING });
    expect(documentOf(second.stdout).data).toMatchObject({ removed: false, warnings: [] });
    expect(second.status).toBe(0);
  });
});

/** Runs a bash script in the place's environment. */
function bash(
  script: string,
  env: Readonly<Record<string, string>>,
  type: (output: string, write: (keys: string) => void) => void = () => undefined,
) {
  return new Promise<{ status: number | null; output: string }>((resolve, reject) => {
    const child = spawn('bash', ['-c', script], { cwd: place.directory, env: { ...cleanEnvironment(place), ...env } });
    let output = '';
    const collect = (text: string): void => {
      output += text;
      type(output, (keys) => void child.stdin.write(keys));
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code, output }));
  });
}

const command = `'${process.execPath}' '${WAN}'`;

describeWithReal('wan auth login at a terminal', {
  needs: ['script'],
  suite: () => {
    /** Types each answer when its question appears. */
    const atTerminal = (words: string, answers: Readonly<Record<string, string>>) => {
      const left = new Map(Object.entries(answers));
      return bash(`script -qec "${command} auth login ${words}" /dev/null`, NO_KEYRING, (output, write) => {
        for (const [question, answer] of left) {
          if (!output.includes(question)) continue;
          left.delete(question);
          write(answer);
        }
      });
    };

    it('asks, shows nothing of what is typed, and understands a correction', async () => {
      const { status: code, output } = await atTerminal(`hf --endpoint ${server.url}`, {
        [`Token for ${server.url}`]: `${HF}xy\x7f\x7f\r`,
      });
      expect(output).toContain('hf_…AbCd of alice');
      expect(output).not.toContain('QmZk');
      expect(code).toBe(0);
    });

    it('asks for S3 keys one by one, also when all are typed ahead', async () => {
      const { output } = await atTerminal('s3 --no-check', { 'Access key id': 'AKIAIOSFODNN7EXAMPLE\rwJalrXUtnFEMI\r\r' });
      expect(output).toContain('AKIA…MPLE for AWS is stored');
      expect(output).not.toContain('wJalr');
      const [name = ''] = await storedNames();
      expect(JSON.parse(await readFile(join(folder(), name), 'utf8')).secret).toEqual({
        access_key_id: 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key: 'wJalrXUtnFEMI',
      });
    });

    it('stores nothing on Ctrl-C, and ends with 130', async () => {
      const { status: code, output } = await atTerminal('hf', { 'Token (': 'hf_half\x03' });
      expect({ code, stored: await storedNames() }).toEqual({ code: 130, stored: [] });
      expect(output).not.toContain('half');
    });
  },
});

describeWithReal('wan auth with the keyring of a desktop', {
  needs: ['dbus-run-session', 'dbus-send', 'gnome-keyring-daemon'],
  suite: () => {
    const inSession = async (script: string) => {
      const runtime = join(place.directory, 'run');
      await mkdir(runtime, { mode: 0o700 });
      const unlocked = `printf pw | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 & keyring=$!
        trap 'kill $keyring' EXIT
        until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q 'boolean true'; do :; done
        ${script}`;
      return bash(`dbus-run-session -- bash -c "$SCRIPT"`, {
        SCRIPT: unlocked,
        XDG_RUNTIME_DIR: runtime,
        XDG_DATA_HOME: join(place.directory, 'share'),
      });
    };

    it('keeps the secret there and not in a file, finds it, and removes it', async () => {
      const { output } = await inSession(`
        echo ${HF} | ${command} auth login hf --token-stdin --endpoint ${server.url}
        HF_ENDPOINT=${server.url} HF_TOKEN=hf_other ${command} auth status --json
        cat .config/wan/credentials/*
        ! grep -rq QmZkTrWx . || echo FOUND IN A FILE
        ${command} auth logout hf --endpoint ${server.url}
        ${command} auth status`);
      expect(output).toContain(`hf_…AbCd of alice for ${server.url} is stored in the keyring`);
      expect(output).toContain('"from":"keyring","shown":"hf_…AbCd","used":true');
      expect(output).toContain('"note":"keyring comes first"');
      expect(output).toContain('"kept": "keyring"');
      expect(output).not.toContain('FOUND IN A FILE');
      expect(output).toContain('no credentials');
    });

    it('loses the entry that a log-in announced which was killed before its end', async () => {
      // As such a log-in leaves it: the secret of before in the file, and word that the keyring may have one too.
      const about = { version: 1, service: 'hf', origin: 'https://huggingface.co', stored_at: '2026-01-01T00:00:00.000Z' };
      await writeFile(
        join(place.directory, 'left.json'),
        JSON.stringify({ ...about, kept: 'file', secret: { token: HF }, keyring_too: true }),
      );
      await writeFile(join(place.directory, 'moved.json'), JSON.stringify({ ...about, kept: 'keyring' }));
      const record = '.config/wan/credentials/hf@https%3A%2F%2Fhuggingface.co.json';
      const { output } = await inSession(`
        echo ${HF} | ${command} auth login hf --token-stdin --no-check
        install -m 600 left.json ${record}
        ${command} auth logout hf
        install -m 600 moved.json ${record}
        ${command} auth status`);
      expect(output).toContain('removed');
      expect(output).toContain('the keyring has no entry hf@https://huggingface.co any more');
    });
  },
});

describe('a log-in that is killed at the keyring', () => {
  it('has left word of the entry that there may be, so that status tells it and logout takes it away', async () => {
    // A bus that takes every connection and answers nothing: the log-in waits in the keyring for ever.
    const bus = join(place.directory, 'bus');
    const silent = createServer().listen(bus);
    onTestFinished(() => void silent.close());
    silent.on('connection', (socket) => onTestFinished(() => void socket.destroy()));
    const asked = once(silent, 'connection');
    const killed = place.wan(['auth', 'login', 'hf', '--token-stdin', '--no-check'], {
      env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}` },
      onStart: (child) => {
        child.stdin?.end(HF);
        void asked.then(() => child.kill('SIGKILL'));
      },
    });
    expect((await killed).status).toBeNull();
    const [name = ''] = await storedNames();
    expect(JSON.parse(await readFile(join(folder(), name), 'utf8'))).toMatchObject({ kept: 'keyring', origin: 'https://huggingface.co' });
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
    const seen = await place.wan(['auth', 'status', '--json'], { env });
    expect(seen.status).toBe(8);
    expect(documentOf<{ credentials: object[] }>(seen.stdout).data.credentials).toMatchObject([
      { service: 'hf', from: 'keyring', broken: true },
    ]);
    expect((await place.wan(['auth', 'logout', 'hf'], { env })).status, 'the word stays as long as the entry may').toBe(8);
    expect(await storedNames()).toEqual([name]);
  });
});

describe('a keyring that is not there any more', () => {
  const headless = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };

  it('may still have an entry when the file takes over: logout removes the secret, and keeps word of the entry', async () => {
    await mkdir(folder(), { recursive: true });
    const about = { version: 1, service: 'hf', origin: 'https://huggingface.co', stored_at: '2026-01-01T00:00:00.000Z' };
    const record = join(folder(), 'hf@https%3A%2F%2Fhuggingface.co.json');
    await writeFile(record, JSON.stringify({ ...about, kept: 'keyring' }), { mode: 0o600 });
    await login(['hf', '--no-check'], HF);
    expect(JSON.parse(await readFile(record, 'utf8'))).toMatchObject({ kept: 'file', keyring_too: true, secret: { token: HF } });
    const outcome = await place.wan(['auth', 'logout', 'hf'], { env: headless });
    expect(outcome).toMatchObject({ status: 8, stderr: expect.stringContaining('the keyring cannot be used') });
    expect(await readFile(record, 'utf8')).not.toContain(HF);
    expect(JSON.parse(await readFile(record, 'utf8'))).toMatchObject({ kept: 'keyring' });
  });

  it('is told at log-in, and the secret goes to the file', async () => {
    const outcome = await place.wan(['auth', 'login', 'hf', '--token-stdin', '--no-check', '--json'], {
      env: headless,
      onStart: (child) => void child.stdin?.end(HF),
    });
    expect(documentOf(outcome.stdout).data).toMatchObject({
      kept_in: expect.stringContaining(folder()),
      warnings: [expect.stringContaining('the keyring was not used')],
    });
  });
});
