import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { directOutput, isDirect } from './direct-output.ts';

const noStream = (): never => {
  throw new Error('a file needs no stream');
};

describe.skipIf(process.platform === 'win32')('direct output', () => {
  it('writes to a file all that it is given, without a stream', async () => {
    const path = join(await tempDir(), 'out');
    const fd = openSync(path, 'w');
    expect(isDirect(fd)).toBe(true);
    const output = directOutput(fd, noStream);
    output.write('first ✔\n');
    output.write(Buffer.from('second\n'));
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('first ✔\nsecond\n');
  });

  it('is not for devices, which may be terminals', () => {
    const fd = openSync('/dev/null', 'w');
    expect(isDirect(fd)).toBe(false);
    closeSync(fd);
  });

  it('hands what does not fit into a pipe that does not block to the stream, in order', async () => {
    const { O_NONBLOCK, O_RDWR } = (await import('node:fs')).constants;
    const path = join(await tempDir(), 'pipe');
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [path]);
    const fd = openSync(path, O_RDWR | O_NONBLOCK);
    const handed: Uint8Array[] = [];
    const output = directOutput(fd, () => ({ write: (rest) => handed.push(Buffer.from(rest)) }));
    const text = 'x'.repeat(300_000);
    output.write(text);
    output.write('y');
    const handedBytes = Buffer.concat(handed);
    expect(handedBytes.length).toBeGreaterThan(1);
    expect(handedBytes.length).toBeLessThan(text.length);
    expect(handedBytes.subarray(-2).toString()).toBe('xy');
    closeSync(fd);
  });
});
