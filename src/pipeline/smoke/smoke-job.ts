/** What wan_smoke.py is told, from the load plans of the clips. Pure. */
import type { LoadPlan } from '../../domain/load-plan.ts';
import type { OffloadStrategy } from '../../domain/memory-estimate.ts';
import type { SmokeClip, SmokeDevice } from '../../domain/smoke.ts';

export interface SmokeJob {
  readonly directory: string;
  readonly device: SmokeDevice;
  readonly offload: OffloadStrategy;
  readonly clips: readonly SmokeClip[];
  /** One for each clip. */
  readonly plans: readonly LoadPlan[];
}

export function jobOf({ directory, device, offload, clips, plans }: SmokeJob): object {
  const [{ components = [], vae } = {}] = plans;
  return {
    directory,
    device,
    offload,
    vae: { tiled: plans.some((plan) => plan.vae.tiled), tile_size: vae?.tileSize, tile_stride: vae?.tileStride },
    components: components
      .filter(({ className }) => className !== undefined)
      .map(({ name, path, className, dtype }) => ({ name, path, class: className, ...(dtype !== undefined && { dtype }) })),
    clips: clips.map((clip, index) => clipOf(clip, plans[index])),
  };
}

function clipOf(clip: SmokeClip, plan: LoadPlan | undefined): object {
  const { guidanceScale, guidanceScale2 } = plan?.request ?? {};
  return {
    ...clip,
    pipeline_class: plan?.pipelineClass,
    ...(guidanceScale !== undefined && { guidance_scale: guidanceScale }),
    ...(guidanceScale2 !== undefined && { guidance_scale_2: guidanceScale2 }),
  };
}
