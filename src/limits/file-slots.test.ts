import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { storeContextOf, testStore } from '../../test/support/test-store.ts';
import type { EventBody } from '../domain/events.ts';
import type { TrafficEntry } from '../domain/traffic.ts';
import { FileSlots } from './file-slots.ts';

interface Asked extends TrafficEntry {
  readonly events: EventBody[];
}

function entry(file: string, signal = new AbortController().signal): Asked {
  const events: EventBody[] = [];
  return { file, signal, events, emit: (event) => events.push(event) };
}

/** As many processes as `count`: each with locks of its own on one root. */
async function processes(count: number, places: number): Promise<FileSlots[]> {
  const { root } = (await testStore()).context.resolver;
  return Array.from({ length: count }, () => new FileSlots({ store: storeContextOf(root), places }));
}

describe('places for files in transfer', () => {
  it('are never more than there are, over all processes, and everybody gets one', async () => {
    const many = await processes(3, 2);
    let [inside, most, served] = [0, 0, 0];
    const full = Promise.withResolvers<void>();
    const visit = async (slots: FileSlots, name: string) => {
      const leave = await slots.enter(entry(name));
      inside++;
      most = Math.max(most, inside);
      if (inside === 2) full.resolve();
      await full.promise;
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      served++;
      leave();
    };
    await Promise.all(many.flatMap((slots, at) => Array.from({ length: 8 }, (_, file) => visit(slots, `${at}-${file}`))));
    expect({ most, served }).toEqual({ most: 2, served: 24 });
  });

  it('pass to one who waits in another process once they are given back', async () => {
    const [one, two] = await processes(2, 1);
    const leave = await one?.enter(entry('a'));
    let isIn = false;
    const entered = two?.enter(entry('b')).then((given) => {
      isIn = true;
      return given;
    });
    expect(isIn).toBe(false);
    leave?.();
    (await entered)?.();
    expect(isIn).toBe(true);
  });

  it('come to another process that waits, though the first one has more files than it could ever serve', async () => {
    const [one, two] = await processes(2, 1);
    let isServed = false;
    let visits = 0;
    const busy = async (): Promise<void> => {
      while (!isServed) {
        const leave = await one?.enter(entry('a'));
        await sleep(20);
        visits++;
        leave?.();
      }
    };
    const work = Promise.all([busy(), busy(), busy()]);
    await vi.waitFor(() => expect(visits).toBeGreaterThan(2), { timeout: 20_000 });
    const leave = await two?.enter(entry('b'));
    isServed = true;
    leave?.();
    await work;
  });

  it('are not waited for any longer by who is cancelled, and lost to nobody', async () => {
    const [one] = await processes(1, 1);
    const leave = await one?.enter(entry('a'));
    const controller = new AbortController();
    const waiting = one?.enter(entry('b', controller.signal));
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(one?.enter(entry('c', controller.signal))).rejects.toMatchObject({ code: 'CANCELLED' });
    leave?.();
    leave?.();
    (await one?.enter(entry('d')))?.();
  });

  it('tell those who wait for long that they do', async () => {
    const [one, two] = await processes(2, 1);
    const leave = await one?.enter(entry('a'));
    const asked = entry('b');
    const entered = two?.enter(asked);
    await vi.waitFor(
      () => expect(asked.events).toContainEqual(expect.objectContaining({ type: 'lock.waiting', lock: 'a download place' })),
      {
        timeout: 20_000,
      },
    );
    leave?.();
    (await entered)?.();
  });
});
