/** `wan serve`, as the built command, on a port of its own. */
import { vi } from 'vitest';
import type { ModelWorld } from './model-fixture.ts';

export interface RunningService {
  readonly url: string;
  readonly pid: number;
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: ReturnType<ModelWorld['start']>['ended'];
}

/** Waits until it listens. It is killed with the test, if it is not told to stop before. */
export async function serving(world: ModelWorld, args: readonly string[] = []): Promise<RunningService> {
  const { child, ended } = world.start(['serve', ...(args.includes('--port') ? [] : ['--port', '0']), ...args]);
  let written = '';
  child.stderr?.on('data', (chunk) => {
    written += chunk;
  });
  const lines = () =>
    written
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const url = await vi.waitFor(
    () => {
      const [, found] = /listening on (http:\/\/[\d.]+:\d+)/.exec(written) ?? [];
      if (found === undefined) throw new Error(`not listening yet: ${written}`);
      return found;
    },
    { timeout: 30_000 },
  );
  return { url, pid: child.pid ?? 0, lines, ended, kill: (signal) => void child.kill(signal) };
}
