/** Options of the verbs that ask sources for what is to be pinned. */
import type { LockOptions } from '../orchestrator/api.ts';
import type { OptionSpec } from './command.ts';
import { PROGRESS_OPTION } from './common-options.ts';
import type { ParsedArgs } from './parsed-args.ts';
import type { Session } from './session.ts';

export const LOCK_OPTIONS: readonly OptionSpec[] = [
  { name: 'offline', summary: 'open no socket: pins what the manifest and folders of this machine tell' },
  { name: 'no-read', summary: 'read no file to know its digest: pins the best that its source tells' },
  PROGRESS_OPTION,
];

export const lockOptions = (session: Session, args: ParsedArgs): LockOptions => ({
  signal: session.signal,
  ...(args.has('offline') && { offline: true }),
  ...(args.has('no-read') && { read: false }),
});
