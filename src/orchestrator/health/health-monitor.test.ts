import { describe, expect, it } from 'vitest';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import type { ModelOrchestrator } from '../api.ts';
import { HealthMonitor } from './health-monitor.ts';

const files = { 'a.bin': 'bytes' };
const models = Object.fromEntries(['one', 'two', 'three'].map((name) => [`${name}@1.0.0`, { files }]));

/** An orchestrator whose looks at a model wait, and are counted. */
function slow(orchestrator: ModelOrchestrator, slowId: string) {
  let [looks, release] = [0, (): void => undefined];
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const watched = Object.assign(Object.create(orchestrator) as ModelOrchestrator, {
    listModels: () => orchestrator.listModels(),
    status: async (id: string) => {
      looks++;
      if (id === slowId) await gate;
      return orchestrator.status(id);
    },
  });
  return { watched, release: () => release(), looks: () => looks };
}

describe('a health monitor', () => {
  it('answers in time: what could not be looked at says so, and is told when it was', async () => {
    const orchestrator = await (await modelFixture({ models })).orchestrator();
    const { watched, release } = slow(orchestrator, 'two@1.0.0');
    const monitor = new HealthMonitor(watched, { freshForMs: 0 });
    await monitor.listed();
    const early = await monitor.models({ budgetMs: 300 });
    expect(early.isWhole).toBe(false);
    expect(early.models.map(({ modelId, status, lookedAtMs }) => [modelId, status?.state, lookedAtMs !== undefined])).toEqual([
      ['one@1.0.0', 'NOT_PRESENT', true],
      ['two@1.0.0', undefined, false],
      ['three@1.0.0', undefined, false],
    ]);
    release();
    const whole = await monitor.models();
    expect([whole.isWhole, whole.models.every(({ status }) => status !== undefined)]).toEqual([true, true]);
  });

  it('makes one look for all who ask at once, and for those who ask soon after', async () => {
    const orchestrator = await (await modelFixture({ models })).orchestrator();
    const { watched, looks } = slow(orchestrator, 'none');
    const monitor = new HealthMonitor(watched, { freshForMs: 60_000 });
    await Promise.all(Array.from({ length: 20 }, () => monitor.models()));
    await monitor.models();
    expect(looks()).toBe(3);
  });

  it('sees what was made since, once the last look is old', async () => {
    const orchestrator = await (await modelFixture({ models })).orchestrator();
    const monitor = new HealthMonitor(orchestrator, { freshForMs: 1 });
    expect((await monitor.models()).health).toBe('degraded');
    for (const id of Object.keys(models)) await orchestrator.ensure(id);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await monitor.models()).health).toBe('healthy');
  });
});
