import type { HeldModel } from '../orchestrator/api.ts';
import { ensureOptions, presignedMap } from './ensure-options.ts';
import type { ParsedArgs } from './parsed-args.ts';
import type { Session } from './session.ts';
import { withProgress } from './with-progress.ts';

export interface HoldRequest {
  readonly ref: string;
  /** What uses the model: told to whoever wants to remove it. */
  readonly command?: string;
  readonly signal: AbortSignal;
}

/** The model as the options of an ensure want it, real and kept from being removed. */
export async function holdModel(session: Session, args: ParsedArgs, { ref, command, signal }: HoldRequest): Promise<HeldModel> {
  const presigned = await presignedMap(session, args, [ref]);
  const orchestrator = await session.orchestrator();
  const options = {
    ...ensureOptions(session, args),
    ...(presigned && { resolveUrl: presigned.resolveUrl }),
    ...(command !== undefined && { command }),
    signal,
  };
  return withProgress(session, (onEvent) => orchestrator.lease(ref, { ...options, onEvent }));
}
