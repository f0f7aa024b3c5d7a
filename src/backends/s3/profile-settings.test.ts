import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { S3Access } from './s3-access.ts';
import type { S3Config } from './s3-config.ts';

interface Written {
  readonly config?: string;
  readonly credentials?: string;
}

/** What an access with these files speaks to. */
async function serviceOf({ config = '', credentials = '' }: Written, more: Partial<S3Config> = {}) {
  const folder = await tempDir();
  const files = { config: join(folder, 'config'), credentials: join(folder, 'credentials') };
  await writeFile(files.config, config);
  await writeFile(files.credentials, credentials);
  const access = new S3Access({ config: { files, profile: 'models', ...more } });
  return { files, service: access.service() };
}

it('takes region and endpoint from the profile, the section of services before it, and the config file before the other', async () => {
  const whole = '[profile models]\nregion = eu-west-3\nendpoint_url = http://all:9000\nservices = local\n';
  const both = await serviceOf({ config: `${whole}[services local]\ns3 =\n  endpoint_url = http://s3:9000/base\n` });
  expect(await both.service).toMatchObject({ region: 'eu-west-3', endpoint: new URL('http://s3:9000/base') });
  const one = await serviceOf({ config: whole, credentials: '[models]\nendpoint_url = http://other:1\n' });
  expect((await one.service).endpoint?.href).toBe('http://all:9000/');
  const other = await serviceOf({ credentials: '[models]\nregion = us-west-2\nendpoint_url = http://other:1\n' });
  expect(await other.service).toMatchObject({ region: 'us-west-2', endpoint: new URL('http://other:1') });
});

it('is AWS where the profile says nothing, or nothing of use is asked of it', async () => {
  const empty = await serviceOf({ config: '[profile models]\nendpoint_url =\n' });
  expect(await empty.service).toEqual({ addressing: 'auto', region: 'us-east-1' });
  const named = await serviceOf({ config: '[profile models]\nendpoint_url = nonsense\n' }, { endpointUrl: 'http://minio:9000' });
  expect((await named.service).endpoint?.href).toBe('http://minio:9000/');
});

it.each([
  ['config', '[profile models]\nendpoint_url = minio.example:9000\n', 'profile "models"', '"minio.example:9000"'],
  ['config', '[profile models]\nservices = local\n[services local]\ns3 =\n  endpoint_url = minio\n', '[services local]', '"minio"'],
  ['credentials', '[models]\nendpoint_url = ftp://minio.example\n', 'profile "models"', '"ftp://minio.example"'],
  ['config', '[profile models]\nendpoint_url = http://me:hunter22@minio.example\n', 'profile "models"', '"http://minio.example"'],
  ['config', '[profile models]\nendpoint_url = me:hunter22@minio.example\n', 'profile "models"', '"minio.example"'],
] as const)('says which file, section and value is wrong: %s %j', async (file, text, section, value) => {
  const { files, service } = await serviceOf({ [file]: text });
  const message = `${files[file]}, ${section}: endpoint_url is ${value}, which is no http:// or https:// URL without user name and password`;
  await expect(service).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'endpoint_malformed', message });
});
