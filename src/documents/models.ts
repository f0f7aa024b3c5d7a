/** Documents of `wan models …`. */
import { z } from 'zod';
import { ModelState } from '../domain/status.ts';
import { absolutePath, bytes, errorCode, errorObject, failedRef, proof, ref, sourceTrouble, upstream } from './envelope.ts';
import { smokeNote } from './smoke.ts';
import { spaceVerdict } from './space.ts';

const origin = z.enum(['present', 'linked', 'copied', 'fetched', 'made', 'derived']);
export const fault = z.enum(['missing', 'outdated', 'unproven', 'size', 'modified', 'digest']);
/** Why this variant is meant. */
const variantChoice = {
  variant_reason: z
    .enum(['request', 'environment', 'default'])
    .meta({ description: 'why this variant: it was named, the environment has it, or neither' }),
  environment: z.string().meta({ description: 'the configured one' }),
};
const durationMs = z.number().min(0);
/** Names of the request that mean something else here. */
const aliases = z
  .array(z.object({ name: z.string(), means: z.array(z.string()) }))
  .meta({ description: 'components asked for by another name' });
const asked = z.string().optional().meta({ description: 'the reference as it was written, where that is not `ref`' });
export const resultsOf = <Result extends z.ZodObject>(result: Result) => z.array(z.union([result.extend({ asked }), failedRef]));

/** Of a lock, as the holder says. */
const holder = z.object({
  pid: z.int(),
  host: z.string(),
  since: z.string(),
  doing: z.string(),
  done_bytes: bytes.optional(),
  total_bytes: bytes.optional(),
});

export const ensureResult = z.object({
  ref,
  ok: z.literal(true),
  variant: z.string(),
  ...variantChoice,
  path: absolutePath.meta({ description: 'the proven directory' }),
  total_bytes: bytes,
  fetched_bytes: bytes.meta({ description: 'bytes that came over a source in this run' }),
  reused_bytes: bytes.meta({ description: 'bytes that were already in the store' }),
  proof,
  duration_ms: durationMs,
  files: z.array(z.object({ path: z.string(), size_bytes: bytes, origin, proof, upstream: upstream.optional() })),
  aliases,
  liars: z.array(z.string()).meta({ description: 'sources whose bytes were proven wrong' }),
  troubles: z.array(sourceTrouble).meta({ description: 'sources that failed or stalled, and were left for others' }),
});
export const ensureData = z.object({ results: resultsOf(ensureResult) });

export const statusResult = z.object({
  ref,
  ok: z.literal(true),
  variant: z.string(),
  state: z.enum(ModelState),
  path: absolutePath,
  file_count: z.int().min(0),
  total_bytes: bytes,
  missing_files: z.array(z.string()),
  faulty_files: z.array(z.object({ path: z.string(), fault, size_bytes: bytes })),
  bytes_needed: bytes,
  bytes_held: bytes.meta({ description: 'held bytes of unfinished downloads' }),
  tier: z.string().optional().meta({ description: 'where a whole, proven copy of these files lies' }),
  proof: proof.optional().meta({ description: 'the weakest' }),
  proofs: z.partialRecord(proof, z.int().min(1)).meta({ description: 'how many files each level proves' }),
  verified_at: z.iso.datetime().optional(),
  holder: holder.optional().meta({ description: 'who makes it, or changes it, now; only where it is not complete' }),
  smoke: smokeNote.optional().meta({ description: 'the last smoke test of these very files' }),
});
export const statusData = z.object({
  complete: z.boolean().meta({ description: 'every model asked for is COMPLETE' }),
  bytes_needed: bytes,
  results: resultsOf(statusResult),
});

export const listData = z.object({
  models: z.array(
    z.object({
      model_id: z.string(),
      family: z.string(),
      type: z.string().optional(),
      description: z.string(),
      variants: z.array(z.string()),
      default_variant: z.string(),
      file_count: z.int().min(0),
      total_bytes: bytes,
      proof: proof
        .optional()
        .meta({ description: 'the weakest: of the files here, else that they can be proven by; absent where their list is open' }),
      overlays: z.array(z.string()),
      tier: z.string().optional().meta({ description: 'where a copy of the default variant lies that is not here' }),
    }),
  ),
});

export const pathData = z.object({
  ref,
  path: absolutePath.meta({ description: 'where the model is, or would be' }),
  complete: z.boolean().optional().meta({ description: 'only with --require-complete' }),
});

export const planResult = z.object({
  ref,
  ok: z.literal(true),
  variant: z.string(),
  ...variantChoice,
  path: absolutePath,
  sources: z.array(z.string()),
  total_bytes: bytes,
  fetch_bytes: bytes,
  copy_bytes: bytes.meta({ description: 'out of the Hub cache or a tier of this machine, if they prove right' }),
  link_bytes: bytes,
  verify_bytes: bytes.meta({ description: 'here, and to be read first, since nothing on record proves them' }),
  may_fetch_bytes: bytes.meta({ description: 'to be fetched besides fetch_bytes, at most, where what is read is wrong' }),
  derive_bytes: bytes.meta({ description: 'of files that would be made here, as far as that is known before' }),
  space_needed_bytes: bytes,
  free_bytes: bytes,
  aliases,
  components: z.array(
    z.object({
      component: z.string().optional().meta({ description: 'absent: files of no component, or of an overlay' }),
      overlay: z.string().optional(),
      file_count: z.int().min(0),
      total_bytes: bytes,
      fetch_bytes: bytes,
      shared_bytes: bytes.meta({ description: 'of total_bytes: what other models of the manifest hold too' }),
      shared_with: z.array(z.string()).meta({ description: 'those models' }),
      sources: z.array(z.string()).meta({ description: 'redacted URLs, best first' }),
    }),
  ),
  files: z.array(
    z.object({
      path: z.string(),
      component: z.string().optional(),
      size_bytes: bytes,
      action: z.enum(['keep', 'link', 'copy', 'resume', 'fetch', 'make', 'derive']),
      fetch_bytes: bytes,
      copy_bytes: bytes,
      verify_bytes: bytes,
      may_fetch_bytes: bytes,
      proof,
      url: z.string().optional().meta({ description: 'a URL of its own, redacted' }),
      fault: fault.optional(),
    }),
  ),
});
export const planData = z.object({ fetch_bytes: bytes, may_fetch_bytes: bytes, space: spaceVerdict, results: resultsOf(planResult) });

export const sourcesResult = z.object({
  ref,
  ok: z.literal(true),
  variant: z.string(),
  sources: z
    .array(
      z.object({
        source: z.string().meta({ description: 'redacted URL' }),
        host: z.string().optional().meta({ description: 'absent for sources without a network' }),
        file_count: z.int().min(0).meta({ description: 'files that are looked for here' }),
        file: z.string().optional().meta({ description: "of a file's own URL: that file" }),
        credentials: z
          .string()
          .optional()
          .meta({ description: 'where the credentials come from that would be used, and which they are, masked' }),
        error: errorObject.optional().meta({ description: 'why it cannot be asked at all' }),
        probe: z
          .object({
            ok: z.boolean().meta({ description: 'it gave what was asked for' }),
            file: z.string(),
            latency_ms: durationMs.optional().meta({ description: 'to the first byte, connecting and redirects included' }),
            bytes_per_second: bytes.optional().meta({ description: 'of a short sample over one connection' }),
            error: errorObject.optional(),
          })
          .optional()
          .meta({ description: 'only with --probe' }),
        failures: z
          .array(
            z.object({
              code: errorCode,
              reason: z.string().optional(),
              file: z.string().optional().meta({ description: 'path at the source; absent: of its host' }),
              at: z.iso.datetime(),
              until: z.iso.datetime().optional().meta({ description: 'until when it is asked after all others' }),
            }),
          )
          .meta({ description: 'what all processes of this root remember against it' }),
      }),
    )
    .meta({ description: 'in the order in which they are asked' }),
  forgotten: z.int().min(0).optional().meta({ description: 'only with --forget: how many failures were remembered' }),
});
export const sourcesData = z.object({ results: resultsOf(sourcesResult) });

export const verifyResult = z.object({
  ref,
  ok: z.boolean().meta({ description: 'every file is as the manifest says' }),
  variant: z.string(),
  path: absolutePath,
  proof: proof.meta({ description: 'the weakest of its files' }),
  bytes_read: bytes,
  duration_ms: durationMs,
  files: z.array(
    z.object({
      path: z.string(),
      size_bytes: bytes,
      ok: z.boolean(),
      proof: proof.meta({ description: 'what it was compared with' }),
      fault: fault.optional(),
      upstream: upstream.optional(),
      expected: z.string().optional(),
      found: z.string().optional(),
      checked_by: z
        .enum(['sha256', 'pieces'])
        .optional()
        .meta({ description: 'the whole file was hashed, or its 16 MiB pieces compared with those of its last full proof here' }),
      earlier: z.literal(true).optional().meta({ description: 'read by a verification that did not end; only with --resume' }),
      bad_pieces: z.array(z.int().min(0)).optional().meta({ description: 'numbers of the 16 MiB pieces that differ, where that is known' }),
    }),
  ),
  extra_files: z.array(z.string()).meta({ description: 'in the directory, but declared by nobody' }),
  format_faults: z
    .array(z.object({ path: z.string(), reason: z.string(), message: z.string() }))
    .meta({ description: 'right bytes that are not what their names say; only looked for with --deep' }),
  subset: z.string().optional().meta({ description: 'the part of the files that was judged, for example 2/7' }),
});
export const verifyData = z.object({ results: resultsOf(verifyResult) });

export const rmResult = z.object({
  ref,
  ok: z.literal(true),
  path: absolutePath,
  removed: z.boolean().meta({ description: 'false: it was not there' }),
  reclaimed_bytes: bytes,
  shared_bytes: bytes.meta({ description: 'kept, because other models use them' }),
  tier: z.string().optional().meta({ description: 'where a copy of it stays' }),
  registered: z.literal(true).optional().meta({ description: 'no manifest has it, and its entry stays in the registry' }),
});
export const rmData = z.object({ results: resultsOf(rmResult) });

export const validateData = z.object({
  manifest: z.string(),
  valid: z.boolean(),
  model_count: z.int().min(0).optional(),
  problems: z.array(
    z.object({
      file: z.string(),
      line: z.int().min(1),
      column: z.int().min(1),
      code: z.string().meta({ description: 'a stable word, as docs/manifest.md lists them' }),
      message: z.string(),
      hint: z.string().optional(),
    }),
  ),
});

export const locksData = z.object({
  locks: z.array(
    z.object({
      lock: z.string(),
      held: z.boolean(),
      holder: holder.optional(),
    }),
  ),
});
