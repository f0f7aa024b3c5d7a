import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchSignals } from './signals.ts';

const nothing = (): void => {};

function start(): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'wait-for-signals.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function says(child: ReturnType<typeof start>, text: string): Promise<void> {
  for (let said = ''; !said.includes(text); ) said += String((await once(child.stdout, 'data'))[0]);
}

describe.skipIf(process.platform === 'win32')('watchSignals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('aborts on the first %s, and ends the process with %i on the second', async (name, status) => {
    const child = start();
    await says(child, 'ready');
    child.kill(name);
    await says(child, `CANCELLED ${name.toLowerCase()}\n`);
    child.kill(name);
    const [[code]] = await Promise.all([once(child, 'exit'), says(child, 'terminal given back')]);
    expect(code).toBe(status);
  });

  it('knows the exit status of the signal that came, and stops listening', () => {
    const target = new EventEmitter();
    const watch = watchSignals(target, nothing);
    expect(watch.exitStatus()).toBeUndefined();
    target.emit('SIGTERM', 'SIGTERM');
    expect([watch.exitStatus(), watch.signal.aborted]).toEqual([143, true]);
    watch.stop();
    expect(target.eventNames()).toEqual([]);
  });
});
