import { describe, expect, it } from 'vitest';
import { digestOf, MODEL, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { derivedModel, INDEX } from '../../test/support/tiny-weights.ts';

describe('the bytes that would move to a variant that is made here', () => {
  it('are none from the one that it is made from, though every file of weights is another one', async () => {
    const world = await modelFixture(derivedModel());
    await using orchestrator = await world.orchestrator();
    const there = await orchestrator.diff(MODEL, `${MODEL}@bf16`);
    expect(there).toMatchObject({ moveBytes: 0 });
    expect(there.changes.length).toBeGreaterThanOrEqual(3);
    expect(await orchestrator.diff(`${MODEL}@bf16`, MODEL)).toMatchObject({ moveBytes: 0 });
  });

  it('are those of its inputs from another model, each once', async () => {
    const model = derivedModel();
    const world = await modelFixture({ models: { 'm@1.0.0': derivedModel({ seed: 2 }), 'n@1.0.0': model } });
    await using orchestrator = await world.orchestrator();
    const moved = new Map(
      Object.entries(model.files)
        // The index says the same of both: it is here already.
        .filter(([path]) => path !== 'model_index.json' && path !== INDEX)
        .map(([, file]) => [digestOf(file as never), Buffer.byteLength(textOf(file as never))]),
    );
    const { moveBytes } = await orchestrator.diff('m@1.0.0', 'n@1.0.0@fp16');
    expect(moveBytes).toBe([...moved.values()].reduce((sum, size) => sum + size, 0));
  });
});
