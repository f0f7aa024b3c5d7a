import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const isIntel = process.platform === 'linux' && process.arch === 'x64';
const asked = `import { hasShaInstructions } from ${JSON.stringify(join(import.meta.dirname, 'sha-instructions.ts'))}; process.stdout.write(String(hasShaInstructions()));`;

function ask(env: NodeJS.ProcessEnv): string {
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', asked], { encoding: 'utf8', env: { ...process.env, ...env } })
    .stdout;
}

describe.runIf(isIntel)('instructions for sha256', () => {
  it('are seen to be missing where OpenSSL is not to use them', () => {
    expect(ask({ OPENSSL_ia32cap: '0' })).toBe('false');
    expect(ask({ OPENSSL_ia32cap: ':~0x20000000' })).toBe('false');
  });

  it('are seen where the CPU has them', () => {
    const { OPENSSL_ia32cap: _, ...env } = process.env;
    expect(ask({ ...env, OPENSSL_ia32cap: undefined })).toBe(String(/ sha_ni /.test(readFileSync('/proc/cpuinfo', 'utf8'))));
  });
});
