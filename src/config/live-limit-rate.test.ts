import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { liveLimitRate } from './live-limit-rate.ts';
import { loadConfig } from './load-config.ts';

const rate = (bytesPerSecond: number) => [{ fromMinute: 0, bytesPerSecond }];

it('the limit in wan.toml is followed once the file is at rest; a wrong one is named once, and the last good one holds', async () => {
  const cwd = await tempDir();
  const toml = join(cwd, 'wan.toml');
  await writeFile(toml, 'limit_rate = "100K"\n');
  const now = liveLimitRate(await loadConfig({ env: {}, cwd }));
  expect(await now()).toEqual(rate(102_400));
  await writeFile(toml, '');
  expect(await now()).toEqual(rate(102_400));
  await writeFile(toml, 'limit_rate = "2M" # more\n');
  expect(await now()).toEqual(rate(102_400));
  expect(await now()).toEqual(rate(2 * 2 ** 20));
  await writeFile(toml, 'limit_rate = "08:00,fast 25:00,off"\n');
  expect(await now()).toEqual(rate(2 * 2 ** 20));
  await expect(now()).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('"fast" is not a size, nor off; "25:00" is not a time from 00:00 to 23:59'),
  });
  expect(await now()).toEqual(rate(2 * 2 ** 20));
  await rm(toml);
  expect(await now()).toEqual(rate(2 * 2 ** 20));
  await writeFile(toml, '# nothing\n');
  await now();
  expect(await now()).toBeUndefined();
});

it('what the environment says holds whatever is written into wan.toml', async () => {
  const cwd = await tempDir();
  await writeFile(join(cwd, 'wan.toml'), 'limit_rate = "1M"\n');
  const now = liveLimitRate(await loadConfig({ env: { WAN_LIMIT_RATE: '100K' }, cwd }));
  await writeFile(join(cwd, 'wan.toml'), 'limit_rate = "off"\n');
  await now();
  expect(await now()).toEqual(rate(102_400));
});
