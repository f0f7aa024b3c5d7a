import type { EnsureOptions } from '../orchestrator/api.ts';
import { targetOptions } from './chosen-refs.ts';
import type { ParsedArgs } from './parsed-args.ts';
import type { PresignedMap } from './presigned-map.ts';
import type { Session } from './session.ts';

/** Of an ensure and of the plan that says what the same ensure would do. */
export function ensureOptions(session: Session, args: ParsedArgs): EnsureOptions {
  const jobs = args.count('jobs');
  const connections = args.count('connections');
  const limitRateBytesPerSecond = args.sizeBytes('limit-rate');
  const timeoutMs = args.durationMs('timeout');
  return {
    ...targetOptions(session, args),
    ...(args.has('force') && { force: true }),
    ...(args.has('frozen') && { frozen: true }),
    ...(args.has('offline') && { offline: true }),
    ...(jobs !== undefined && { jobs }),
    ...(connections !== undefined && { connections }),
    ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** @throws ModelError INVALID_INPUT where `--presigned` names something that cannot be used. */
export async function presignedMap(session: Session, args: ParsedArgs, refs: readonly string[]): Promise<PresignedMap | undefined> {
  const file = args.text('presigned');
  if (file === undefined) return undefined;
  const presigned = await import('./presigned-map.ts');
  const map = await presigned.PresignedMap.read(file, session.io.cwd);
  await map.check(refs, await session.orchestrator(), targetOptions(session, args));
  return map;
}
