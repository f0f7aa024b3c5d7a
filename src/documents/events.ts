/** The lines of `--progress json`: one event each. */
import { z } from 'zod';
import { JOB_STATES } from '../domain/jobs.ts';
import { bytes, errorObject, proof, ref } from './envelope.ts';
import { gcKind, gcTrigger } from './gc.ts';

const source = z.string().meta({ description: 'redacted URL' });
const file = z.string().meta({ description: 'path inside the model' });
const act = z.string().meta({ description: 'the verb, as the audit log names it' });
const milliseconds = z.number().min(0);
const range = z.int().min(0).meta({ description: 'number of one request for a part of a file' });
/** An error inside an event leaves `attempts` out where there are none. */
const error = errorObject.partial({ attempts: true });

const holder = z.object({
  pid: z.int(),
  host: z.string(),
  boot_id: z.string(),
  since: z.string(),
  doing: z.string(),
  done_bytes: bytes.optional(),
  total_bytes: bytes.optional(),
});

const envelope = {
  schema: z.literal('wan.event/v1'),
  time: z.iso.datetime(),
  seq: z.int().min(1).meta({ description: 'rises with each event of a call' }),
  correlation_id: z.string().meta({ description: 'the same in every event of a call' }),
  model: ref.optional(),
  variant: z.string().optional().meta({ description: 'the one that is meant, also where it is the default one' }),
  traceparent: z.string().optional().meta({ description: 'W3C trace context of whoever made the call' }),
};

const event = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.object({ ...envelope, type: z.literal(type), ...fields });

export const eventDocument = z.discriminatedUnion('type', [
  event('ensure.started', { file_count: z.int().min(0), total_bytes: bytes }),
  event('ensure.phase', { phase: z.enum(['planning', 'waiting', 'transferring', 'deriving', 'verifying', 'publishing']) }),
  event('ensure.planned', {
    total_bytes: bytes,
    held_bytes: bytes,
    fetch_bytes: bytes,
    copy_bytes: bytes.optional(),
    derive_bytes: bytes.optional(),
  }),
  event('ensure.progress', {
    done_bytes: bytes,
    total_bytes: bytes,
    bytes_per_second: z.number().min(0),
    coming_bytes: bytes.optional(),
  }),
  event('ensure.finished', {
    path: z.string(),
    fetched_bytes: bytes,
    fetched_files: z.int().min(0).optional(),
    sources: z.array(source).optional(),
    duration_ms: milliseconds,
    proof: proof.optional(),
    published: z.boolean().optional().meta({ description: 'whether the directory was put in place, or replaced' }),
  }),
  event('ensure.failed', {
    error,
    duration_ms: milliseconds.optional(),
    fetched_bytes: bytes.optional().meta({ description: 'what sources sent all the same' }),
    fetched_files: z.int().min(0).optional(),
    sources: z.array(source).optional(),
  }),
  event('file.started', { file, size_bytes: bytes, held_bytes: bytes, source }),
  event('file.progress', { file, done_bytes: bytes, size_bytes: bytes, verified_bytes: bytes }),
  event('file.finished', {
    file,
    size_bytes: bytes,
    fetched_bytes: bytes,
    origin: z.enum(['present', 'linked', 'copied', 'fetched', 'made', 'derived']),
    sources: z.array(source),
    proof,
    duration_ms: milliseconds,
  }),
  event('file.received', { file, source, bytes }),
  event('source.started', { source, file }),
  event('source.ended', {
    source,
    file,
    outcome: z.enum(['complete', 'failed', 'set_aside', 'stopped']),
    received_bytes: bytes,
    duration_ms: milliseconds,
    error: error.optional(),
  }),
  event('range.started', { range, source, file, offset: bytes, size_bytes: bytes }),
  event('range.ended', {
    range,
    source,
    file,
    outcome: z.enum(['done', 'short', 'overlong', 'cancelled', 'failed']),
    received_bytes: bytes,
    duration_ms: milliseconds,
    paused_ms: milliseconds.meta({ description: 'in which the bandwidth limit held it back' }),
  }),
  event('file.hashed', { file, ok: z.boolean(), duration_ms: milliseconds }),
  event('source.failed', { source, file: file.optional(), error, duration_ms: milliseconds.optional(), received_bytes: bytes.optional() }),
  event('source.lied', { source, file, expected: z.string(), found: z.string() }),
  event('retry.scheduled', { source, file: file.optional(), attempt: z.int().min(1), delay_ms: milliseconds, reason: z.string() }),
  event('lock.waiting', { lock: z.string(), holder: holder.optional(), waited_ms: milliseconds }),
  event('blob.healed', { digest: z.string(), links: z.array(z.string()) }),
  event('recovery.done', { what: z.string(), path: z.string() }),
  event('verify.progress', { done_bytes: bytes, total_bytes: bytes }),
  event('lock.progress', { done_bytes: bytes, total_bytes: bytes }),
  event('verify.file', { file, ok: z.boolean(), fault: z.string().optional() }),
  event('gc.started', { trigger: gcTrigger, items: z.int().min(0), bytes }),
  event('gc.removed', { kind: gcKind, what: z.string(), bytes, reason: z.string() }),
  event('tier.progress', { done_bytes: bytes, total_bytes: bytes }),
  event('tier.moved', { to: z.string(), written_bytes: bytes, stored_bytes: bytes, reclaimed_bytes: bytes }),
  event('gc.trashed', { kind: gcKind, what: z.string(), bytes, reason: z.string() }),
  event('gc.finished', {
    trigger: gcTrigger,
    removed: z.int().min(0),
    trashed: z.int().min(0),
    kept: z.int().min(0),
    reclaimed_bytes: bytes,
    trash_bytes: bytes,
    duration_ms: milliseconds,
  }),
  event('act.finished', { act, facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) }),
  event('act.failed', { act, error }),
  event('job.changed', {
    id: z.string(),
    label: z.string(),
    state: z.enum(JOB_STATES),
    attempts: z.int().min(0),
    error: error.optional().meta({ description: 'of a try that failed, also where it is tried again' }),
    duration_ms: milliseconds.optional().meta({ description: 'of one that runs no more: since this try began' }),
    fetched_bytes: bytes.optional(),
    fetched_files: z.int().min(0).optional(),
    sources: z.array(source).optional(),
  }),
  event('warning', { code: z.string(), message: z.string() }),
]);
