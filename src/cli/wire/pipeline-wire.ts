import { join } from 'node:path';
import type { LoadPlan } from '../../domain/load-plan.ts';
import type { MemoryEstimate, StrategyEstimate } from '../../domain/memory-estimate.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ResolvedRequest } from '../../domain/video-request.ts';
import type { loadPlanData, vramData } from '../documents/pipeline.ts';
import type { Wire } from './wire.ts';

export function vramWire(plan: LoadPlan, gpuBytes: number | undefined): Wire<typeof vramData> {
  return {
    ref: formatRef(plan.ref),
    variant: plan.variant,
    request: requestWire(plan.request),
    ...(gpuBytes !== undefined && { gpu_bytes: gpuBytes }),
    ...(plan.memory && { memory: memoryWire(plan.memory) }),
    ...(plan.memory?.chosen && { chosen: strategyWire(plan.memory.chosen) }),
    warnings: plan.warnings,
  };
}

export function loadPlanWire(plan: LoadPlan): Wire<typeof loadPlanData> {
  return {
    ref: formatRef(plan.ref),
    variant: plan.variant,
    path: plan.path,
    complete: plan.complete,
    library: plan.library,
    ...(plan.pipelineClass !== undefined && { pipeline_class: plan.pipelineClass }),
    components: plan.components.map(({ name, path, className, dtype, weightBytes, mountedFrom, missing }) => ({
      name,
      path,
      ...(className !== undefined && { class: className }),
      ...(dtype !== undefined && { dtype }),
      weight_bytes: Math.round(weightBytes),
      ...(mountedFrom !== undefined && { mounted_from: mountedFrom }),
      missing,
    })),
    ...(plan.textEncoderDigest !== undefined && { text_encoder_digest: plan.textEncoderDigest }),
    request: requestWire(plan.request),
    defaults: plan.defaults,
    overlays: plan.overlays.map(({ name, files }) => ({
      name,
      files: files.map(({ path, appliesTo, weight }) => ({
        path: join(plan.path, ...path.split('/')),
        ...(appliesTo !== undefined && { applies_to: appliesTo }),
        weight,
      })),
    })),
    ...(plan.strategy && { strategy: strategyWire(plan.strategy) }),
    vae: { tiled: plan.vae.tiled, tile_size: plan.vae.tileSize, tile_stride: plan.vae.tileStride },
    ...(plan.memory && { memory: memoryWire(plan.memory) }),
    warnings: plan.warnings,
  };
}

const requestWire = ({ guidanceScale, guidanceScale2, ...request }: ResolvedRequest) => ({
  ...request,
  ...(guidanceScale !== undefined && { guidance_scale: guidanceScale }),
  ...(guidanceScale2 !== undefined && { guidance_scale_2: guidanceScale2 }),
});

const memoryWire = ({ tokens, components, strategies }: MemoryEstimate) => ({
  tokens,
  components: components.map(({ name, parameters, dtype, weightBytes, storedBytes }) => ({
    name,
    ...(parameters !== undefined && { parameters: Math.round(parameters) }),
    ...(dtype !== undefined && { dtype }),
    weight_bytes: Math.round(weightBytes),
    stored_bytes: storedBytes,
  })),
  strategies: strategies.map(strategyWire),
});

const strategyWire = ({ offload, tiled, fits, ...bytes }: StrategyEstimate) => ({
  offload,
  vae_tiled: tiled,
  text_bytes: Math.round(bytes.textBytes),
  denoise_bytes: Math.round(bytes.denoiseBytes),
  decode_bytes: Math.round(bytes.decodeBytes),
  peak_bytes: bytes.peakBytes,
  upper_bytes: bytes.upperBytes,
  host_bytes: Math.round(bytes.hostBytes),
  ...(fits !== undefined && { fits }),
});
