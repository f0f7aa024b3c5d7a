import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { loadPlanData } from '../../documents/pipeline.ts';

const served = async () =>
  testService(
    await modelFixture({
      files: { 'transformer/a.bin': { content: 'weights', keys: { component: 'transformer' } } },
      keys: {
        resolution_caps: ['720p16'],
        pipeline: {
          ...{ class: 'WanPipeline', required_components: ['transformer'], modes: ['t2v'] },
          ...{ required_inputs: ['prompt'], forbidden_inputs: ['image'] },
        },
        defaults: { frames: 81, steps: 40, resolution: '832x480', precision: 'bf16', vae_stride: [4, 8, 8] },
      },
    }),
  );

describe('the plan of a loader over HTTP', () => {
  it('is that of the library, and changes nothing', async () => {
    const { ask, orchestrator } = await served();
    const plan = (await ask(`/v1/models/${MODEL}/load-plan?width=640&height=384&steps=4&guidance_scale=3.5&gpu=24`)).as(loadPlanData);
    expect(plan).toMatchObject({ complete: false, pipeline_class: 'WanPipeline', library: 'diffusers' });
    expect(plan.request).toMatchObject({ mode: 't2v', width: 640, height: 384, frames: 81, steps: 4, guidance_scale: 3.5 });
    expect(plan.path).toBe((await orchestrator.status(MODEL)).path);
    expect((await orchestrator.status(MODEL)).state).toBe('NOT_PRESENT');
  });

  it.each([
    ['frames=80', 'frames'],
    ['image=true', 'image'],
  ])('refuses %s, as the model cannot', async (query, field) => {
    const { ask } = await served();
    const answer = await ask(`/v1/models/${MODEL}/load-plan?${query}`);
    expect([answer.status, answer.json().code]).toEqual([400, 'INVALID_INPUT']);
    expect(answer.text).toContain(field);
  });

  it.each(['gpu=large', 'gpu=0', 'width=wide', 'offload=some', 'image=perhaps'])('refuses %s, with its place', async (query) => {
    const { ask } = await served();
    const answer = await ask(`/v1/models/${MODEL}/load-plan?${query}`);
    expect([answer.status, answer.json().reason]).toEqual([400, 'request_invalid']);
    expect(answer.text).toContain(`query.${query.split('=')[0]}`);
  });
});
