import { expect, it } from 'vitest';
import { parseConfigValue } from './parse-config-value.ts';
import { processEnvironment } from './process-environment.ts';
import { secretFromEnv } from './secrets.ts';

const context = { baseDir: '/project', homeDir: '/home/me', platform: 'linux' } as const;

it('a flag is read by the rules of its key', () => {
  expect(parseConfigValue('limitRate', { flag: '--limit-rate', text: '20M', context })).toEqual([
    { fromMinute: 0, bytesPerSecond: 20_971_520 },
  ]);
  expect(parseConfigValue('negativeCacheTtlMs', { flag: '--x', text: 'off', context })).toBeUndefined();
});

it('a flag that is not allowed is named as it was typed', () => {
  expect(() => parseConfigValue('connections', { flag: '--connections', text: 'many', context })).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      exitCode: 2,
      message: '--connections "many" is not allowed: it must be a whole number from 1 to 256',
    }),
  );
});

it('the environment is a copy', () => {
  const environment = processEnvironment();
  expect(environment).toMatchObject({ NODE_ENV: 'test' });
  expect(environment).not.toBe(process.env);
});

it('a secret is absent where its variable is not set or empty', () => {
  expect(secretFromEnv({ HF_TOKEN: ' hf_x\n' }, 'HF_TOKEN')?.reveal()).toBe('hf_x');
  expect(secretFromEnv({ HF_TOKEN: '  ' }, 'HF_TOKEN')).toBeUndefined();
  expect(secretFromEnv({}, 'HF_TOKEN')).toBeUndefined();
});
