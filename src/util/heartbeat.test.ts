import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { beat, newPulse, PulseWatch } from './heartbeat.ts';

function watched(pulse: SharedArrayBuffer) {
  const watch = new PulseWatch(pulse, () => undefined);
  onTestFinished(() => watch.close());
  return watch;
}

describe('a heart', () => {
  it('is heard as long as it beats, and missed when it does not', async () => {
    const pulse = newPulse();
    const watch = watched(pulse);
    const stop = beat(pulse);
    await vi.waitFor(() => expect(Atomics.load(new Int32Array(pulse), 0)).toBeGreaterThan(3), { timeout: 20_000 });
    stop();
    await vi.waitFor(() => expect(watch.silentMs).toBeGreaterThanOrEqual(500), { timeout: 20_000 });
  });

  it('of a thread that stands still is missed, and heard again when it goes on', async () => {
    const [pulse, gate] = [newPulse(), new Int32Array(new SharedArrayBuffer(4))];
    const code = `
      import { workerData } from 'node:worker_threads';
      import { beat } from ${JSON.stringify(new URL('./heartbeat.ts', import.meta.url).href)};
      beat(workerData.pulse);
      setTimeout(() => Atomics.wait(workerData.gate, 0, 0), 500);
      setInterval(() => undefined, 1000);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: { pulse, gate } });
    onTestFinished(async () => void (await worker.terminate()));
    const watch = watched(pulse);
    await vi.waitFor(() => expect([Atomics.load(new Int32Array(pulse), 0) > 0, watch.silentMs >= 1000]).toEqual([true, true]), {
      timeout: 20_000,
    });
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await vi.waitFor(() => expect(watch.silentMs).toBe(0), { timeout: 20_000 });
  });
});
