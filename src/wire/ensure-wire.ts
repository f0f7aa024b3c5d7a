import type { ensureResult, planResult } from '../documents/models.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { EnsurePlan, EnsureResult } from '../domain/results.ts';
import { upstreamWire } from './proof-wire.ts';
import type { Wire } from './wire.ts';

export const ensureWire = (result: EnsureResult): Wire<typeof ensureResult> => ({
  ref: formatRef(result.ref),
  ok: true,
  variant: result.variant,
  variant_reason: result.variantReason,
  environment: result.environment,
  path: result.path,
  total_bytes: result.totalBytes,
  fetched_bytes: result.fetchedBytes,
  reused_bytes: result.reusedBytes,
  proof: result.proof,
  duration_ms: result.durationMs,
  files: result.files.map(({ path, sizeBytes, origin, proof, ...file }) => ({
    path,
    size_bytes: sizeBytes,
    origin,
    proof,
    ...upstreamWire(file),
  })),
  aliases: result.aliases,
  liars: result.liars,
  troubles: result.troubles,
});

export const planWire = (plan: EnsurePlan): Wire<typeof planResult> => ({
  ref: formatRef(plan.ref),
  ok: true,
  variant: plan.variant,
  variant_reason: plan.variantReason,
  environment: plan.environment,
  path: plan.path,
  sources: plan.sources,
  total_bytes: plan.totalBytes,
  fetch_bytes: plan.fetchBytes,
  copy_bytes: plan.copyBytes,
  link_bytes: plan.linkBytes,
  verify_bytes: plan.verifyBytes,
  may_fetch_bytes: plan.mayFetchBytes,
  derive_bytes: plan.deriveBytes,
  space_needed_bytes: plan.spaceNeededBytes,
  free_bytes: plan.freeBytes,
  aliases: plan.aliases,
  components: plan.components.map((one) => ({
    ...(one.component !== undefined && { component: one.component }),
    ...(one.overlay !== undefined && { overlay: one.overlay }),
    file_count: one.fileCount,
    total_bytes: one.totalBytes,
    fetch_bytes: one.fetchBytes,
    shared_bytes: one.sharedBytes,
    shared_with: one.sharedWith,
    sources: one.sources,
  })),
  files: plan.files.map((file) => ({
    path: file.path,
    ...(file.component !== undefined && { component: file.component }),
    size_bytes: file.sizeBytes,
    action: file.action,
    fetch_bytes: file.fetchBytes,
    copy_bytes: file.copyBytes,
    verify_bytes: file.verifyBytes,
    may_fetch_bytes: file.mayFetchBytes,
    proof: file.proof,
    ...(file.url !== undefined && { url: file.url }),
    ...(file.fault !== undefined && { fault: file.fault }),
  })),
});
