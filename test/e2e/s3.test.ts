/** The built command with a model in a real S3 server. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeS3 } from '../servers/s3/describe-s3.ts';
import { FaultProxy, s3ErrorAnswer } from '../servers/s3/fault-proxy.ts';
import { documentOf } from '../support/document.ts';
import { placeWith } from '../support/wan-command.ts';

const A = 'alpha@1.0.0';
const files = { 'w.bin': Buffer.alloc(3_000_000, 'weights of a model '), 'configs/model index.json': '{"a":1}' };

describeS3('wan models ensure from S3', (server) => {
  async function placeFrom() {
    const { endpoint, region, accessKeyId, secretAccessKey } = server();
    const bucket = await server().createBucket();
    for (const [path, body] of Object.entries(files)) await server().put(bucket, `models/${A}/${path}`, body);
    const proxy = await FaultProxy.start(endpoint);
    onTestFinished(() => proxy.stop());
    const place = await placeWith({ [A]: { files, sources: [`s3://${bucket}/models/${A}`] } });
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const env = { ...keys, AWS_ENDPOINT_URL: proxy.endpoint, AWS_DEFAULT_REGION: region, WAN_RETRY_ATTEMPTS: '1' };
    return { place, proxy, env, secrets: [accessKeyId, secretAccessKey] };
  }

  it('fetches, proves and publishes; a second run asks nobody', async () => {
    const { place, proxy, env } = await placeFrom();
    const outcome = await place.wan(['models', 'ensure', A, '--json', '--progress', 'none'], { env });
    expect(outcome.status, outcome.stdout + outcome.stderr).toBe(0);
    const { data } = documentOf<{ results: { path: string }[] }>(outcome.stdout);
    const published = await readFile(join(data.results[0]?.path ?? '', 'configs/model index.json'), 'utf8');
    expect(published).toBe(files['configs/model index.json']);
    expect((await place.wan(['models', 'verify', A], { env })).status).toBe(0);
    const asked = proxy.requests.length;
    expect((await place.wan(['models', 'ensure', A], { env })).status).toBe(0);
    expect(proxy.requests).toHaveLength(asked);
  });

  it('finds keys, region and endpoint in a profile of the shared AWS files', async () => {
    const { place, env } = await placeFrom();
    const config = `[profile models]\nregion = ${env.AWS_DEFAULT_REGION}\nservices = local\n\n[services local]\ns3 =\n  endpoint_url = ${env.AWS_ENDPOINT_URL}\n`;
    const credentials = `[models]\naws_access_key_id = ${env.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${env.AWS_SECRET_ACCESS_KEY}\n`;
    const [configFile, credentialsFile] = [join(place.directory, 'aws-config'), join(place.directory, 'aws-credentials')];
    await writeFile(configFile, config);
    await writeFile(credentialsFile, credentials);
    const profile = { AWS_PROFILE: 'models', AWS_CONFIG_FILE: configFile, AWS_SHARED_CREDENTIALS_FILE: credentialsFile };
    const outcome = await place.wan(['models', 'ensure', A, '--json', '--progress', 'none'], { env: profile });
    expect(outcome.status, outcome.stdout + outcome.stderr).toBe(0);
  });

  it('says what to do where there are no credentials, and waits for nobody', async () => {
    const { place, env, proxy } = await placeFrom();
    const { AWS_ENDPOINT_URL, AWS_DEFAULT_REGION } = env;
    const without = { AWS_ENDPOINT_URL, AWS_DEFAULT_REGION, AWS_EC2_METADATA_DISABLED: 'true' };
    const outcome = await place.wan(['models', 'ensure', A, '--json', '--progress', 'none'], { env: without });
    expect(outcome.status).toBe(8);
    const { error } = documentOf(outcome.stdout);
    expect(error).toMatchObject({ code: 'AUTH_FAIL', reason: 'credentials_missing', hint: expect.stringContaining('AWS_ACCESS_KEY_ID') });
    expect(proxy.requests).toEqual([]);
  });

  it('shows no key, whatever is logged of a refusal', async () => {
    const { place, env, proxy, secrets } = await placeFrom();
    const echo = secrets.map((secret) => `<AWSAccessKeyId>${secret}</AWSAccessKeyId>`).join('');
    proxy.fault(s3ErrorAnswer(403, 'SignatureDoesNotMatch', echo));
    const outcome = await place.wan(['models', 'ensure', A, '--log-level', 'debug', '--json'], { env });
    expect(outcome.status).toBe(8);
    expect(outcome.stdout).toContain('SignatureDoesNotMatch');
    for (const secret of secrets) expect(outcome.stdout + outcome.stderr).not.toContain(secret);
  });
});
