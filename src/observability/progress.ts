/** What progress displays show, as a pure reduction of events. Done bytes never go down (invariant 5). */
import { describeHolder } from '../domain/describe-holder.ts';
import type { ErrorDocument } from '../domain/errors.ts';
import type { BytesOrigin, ModelEvent, Phase } from '../domain/events.ts';
import { NO_SPEED, type Speed, speedAfter } from './speed.ts';
import { NO_WAY, type Way, wayAfter } from './way.ts';

export interface FileProgress {
  readonly file: string;
  readonly source: string;
  readonly sizeBytes: number;
  /** Held bytes. */
  readonly doneBytes: number;
  readonly verifiedBytes: number;
}

/** Another process is at work on the model. */
export interface Waiting {
  /** "waiting for pid 4121 on gpu-7 (62 %, 3 min left)" */
  readonly text: string;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
}

export interface ModelProgress {
  /** Canonical reference. */
  readonly model: string;
  readonly correlationId: string;
  /** `reading`: only to know a digest. */
  readonly phase: Phase | 'reading' | 'finished' | 'failed';
  readonly fileCount: number;
  /** Files that are complete, whatever their origin. */
  readonly filesDone: number;
  readonly filesByOrigin: Readonly<Record<BytesOrigin, number>>;
  readonly totalBytes: number;
  /** Held bytes. */
  readonly doneBytes: number;
  /** What displays show of the way. */
  readonly way: Way;
  /** Of pieces that are not whole yet: the speed is theirs, too. */
  readonly comingBytes: number;
  readonly speed: Speed;
  /** Files in transfer, in the order in which they started. */
  readonly activeFiles: ReadonlyMap<string, FileProgress>;
  readonly waiting?: Waiting;
  /** Of the published directory. */
  readonly path?: string;
  readonly error?: ErrorDocument;
}

/** By call and model, in the order in which they started. */
export type ProgressState = ReadonlyMap<string, ModelProgress>;

export const NO_PROGRESS: ProgressState = new Map();

export const progressState = (events: Iterable<ModelEvent>): ProgressState => {
  let state = NO_PROGRESS;
  for (const event of events) state = reduceProgress(state, event);
  return state;
};

/** The state after one more event; the same object where the event changes nothing. */
export function reduceProgress(state: ProgressState, event: ModelEvent): ProgressState {
  const key = `${event.correlationId} ${event.model ?? ''}`;
  const before = state.get(key);
  const after = reduceModel(before ?? begin(event), event);
  if (after === undefined || after === before) return state;
  return new Map(state).set(key, after);
}

const begin = ({ model = '', correlationId }: ModelEvent): ModelProgress => ({
  model,
  correlationId,
  phase: 'planning',
  fileCount: 0,
  filesDone: 0,
  filesByOrigin: { present: 0, linked: 0, copied: 0, fetched: 0, made: 0, derived: 0 },
  totalBytes: 0,
  doneBytes: 0,
  way: NO_WAY,
  comingBytes: 0,
  speed: NO_SPEED,
  activeFiles: new Map(),
});

function reduceModel(model: ModelProgress, event: ModelEvent): ModelProgress | undefined {
  const atMs = Date.parse(event.time);
  switch (event.type) {
    case 'ensure.started':
      return raise({ ...(isOver(model) ? begin(event) : model), fileCount: event.fileCount }, 0, event.totalBytes);
    case 'ensure.phase':
      return { ...(event.phase === 'waiting' ? model : notWaiting(model)), phase: event.phase };
    case 'ensure.planned':
      return raise({ ...model, speed: speedAfter(NO_SPEED, event.heldBytes, atMs) }, event.heldBytes, event.totalBytes);
    case 'ensure.progress':
    case 'tier.progress':
    case 'verify.progress':
    case 'lock.progress': {
      const at = { ...notWaiting(model), ...phaseOf(event.type) };
      const raised = raise(at, event.doneBytes, event.totalBytes);
      const comingBytes = (event.type === 'ensure.progress' && event.comingBytes) || 0;
      return { ...raised, comingBytes, speed: speedAfter(model.speed, raised.doneBytes + comingBytes, atMs) };
    }
    case 'ensure.finished':
      return {
        ...notWaiting(model),
        phase: 'finished',
        path: event.path,
        doneBytes: model.totalBytes,
        way: { ...model.way, fraction: 1 },
        comingBytes: 0,
        activeFiles: new Map(),
      };
    case 'ensure.failed':
      return { ...notWaiting(model), phase: 'failed', error: event.error, comingBytes: 0, activeFiles: new Map() };
    case 'file.started':
      return withFile(model, {
        file: event.file,
        source: event.source,
        sizeBytes: event.sizeBytes,
        doneBytes: event.heldBytes,
        verifiedBytes: 0,
      });
    case 'file.progress': {
      const active = model.activeFiles.get(event.file);
      return active && withFile(model, { ...event, source: active.source });
    }
    case 'file.finished':
      return finishFile(model, event.file, event.origin);
    case 'lock.waiting':
      return { ...model, phase: 'waiting', waiting: waitingOf(event, atMs) };
    case 'file.hashed':
    case 'source.started':
    case 'source.ended':
    case 'source.failed':
    case 'source.lied':
    case 'range.started':
    case 'range.ended':
    case 'retry.scheduled':
    case 'blob.healed':
    case 'recovery.done':
    case 'verify.file':
    case 'gc.started':
    case 'gc.removed':
    case 'gc.trashed':
    case 'gc.finished':
    case 'tier.moved':
    case 'job.changed':
    case 'act.finished':
    case 'act.failed':
    case 'file.received':
    case 'warning':
      return undefined;
  }
}

/** An ensure says its phases; what only reads or moves has one. */
function phaseOf(type: ModelEvent['type']): Partial<Pick<ModelProgress, 'phase'>> {
  if (type === 'verify.progress') return { phase: 'verifying' };
  if (type === 'lock.progress') return { phase: 'reading' };
  return type === 'tier.progress' ? { phase: 'transferring' } : {};
}

const isOver = ({ phase }: ModelProgress): boolean => phase === 'finished' || phase === 'failed';

/** Bytes that are held may not become fewer, and the total not less than them: a refetch raises the total instead. */
function raise(model: ModelProgress, doneBytes: number, totalBytes: number): ModelProgress {
  const done = Math.max(model.doneBytes, doneBytes);
  const now = { doneBytes: done, totalBytes: Math.max(totalBytes, done) };
  return { ...model, ...now, way: wayAfter(model.way, model, now) };
}

function notWaiting({ waiting: _, ...model }: ModelProgress): ModelProgress {
  return model.phase === 'waiting' ? { ...model, phase: 'transferring' } : model;
}

function withFile(model: ModelProgress, now: FileProgress): ModelProgress {
  const before = model.activeFiles.get(now.file);
  const file: FileProgress = {
    file: now.file,
    source: now.source,
    sizeBytes: now.sizeBytes,
    doneBytes: Math.max(before?.doneBytes ?? 0, now.doneBytes),
    verifiedBytes: Math.max(before?.verifiedBytes ?? 0, now.verifiedBytes),
  };
  return { ...model, activeFiles: new Map(model.activeFiles).set(now.file, file) };
}

function finishFile(model: ModelProgress, file: string, origin: BytesOrigin): ModelProgress {
  const activeFiles = new Map(model.activeFiles);
  activeFiles.delete(file);
  const filesByOrigin = { ...model.filesByOrigin, [origin]: model.filesByOrigin[origin] + 1 };
  return { ...model, activeFiles, filesByOrigin, filesDone: model.filesDone + 1 };
}

function waitingOf({ holder }: Extract<ModelEvent, { type: 'lock.waiting' }>, atMs: number): Waiting {
  return {
    text: `waiting for ${describeHolder(holder, atMs)}`,
    ...(holder?.doneBytes !== undefined && { doneBytes: holder.doneBytes }),
    ...(holder?.totalBytes !== undefined && { totalBytes: holder.totalBytes }),
  };
}
