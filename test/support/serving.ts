/** The built `wan serve`, as a process of its own. */
import { vi } from 'vitest';
import type { ModelWorld } from './model-fixture.ts';

export interface Serving {
  readonly url: string;
  /** Of its log. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: ReturnType<ModelWorld['start']>['ended'];
}

/** Listens on return. */
export async function serving(world: ModelWorld, args: readonly string[] = []): Promise<Serving> {
  const { child, ended } = world.start(['serve', '--port', '0', ...args]);
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
  return { url, lines, ended, kill: (signal) => void child.kill(signal) };
}
