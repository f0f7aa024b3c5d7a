/** A source's work on a file, told as it begins and as it ends. */
import type { SourceOutcome } from '../domain/events.ts';
import type { FileState } from './file-state.ts';
import type { SourceRunResult } from './source-run-options.ts';

export interface ToldRun {
  readonly result: SourceRunResult;
  readonly durationMs: number;
  /** Over its backend. */
  readonly receivedBytes: number;
}

export interface ToldRunOptions {
  readonly state: FileState;
  readonly label: string;
  readonly monotonicMs: () => number;
}

const OUTCOMES: Readonly<Record<SourceRunResult['kind'], SourceOutcome>> = {
  complete: 'complete',
  failed: 'failed',
  'set-aside': 'set_aside',
  aborted: 'stopped',
};

export async function toldRun(
  run: () => Promise<SourceRunResult>,
  { state, label: source, monotonicMs }: ToldRunOptions,
): Promise<ToldRun> {
  const { name: file, emit } = state.file;
  const begunMs = monotonicMs();
  const receivedBefore = state.receivedFrom(source);
  emit({ type: 'source.started', source, file });
  const result = await run();
  const effort = { receivedBytes: state.receivedFrom(source) - receivedBefore, durationMs: monotonicMs() - begunMs };
  const error = 'error' in result ? { error: result.error.toJSON() } : {};
  emit({ type: 'source.ended', source, file, outcome: OUTCOMES[result.kind], ...effort, ...error });
  return { result, ...effort };
}
