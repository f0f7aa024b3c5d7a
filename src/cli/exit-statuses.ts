/** Exit statuses: those of errors are in domain/errors.ts, what they mean to a script is said here. */

export const EXIT = { ok: 0, internal: 1, usage: 2, credentials: 8, notComplete: 10 } as const;

export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'a bug in wan-models',
  2: 'wrong usage or configuration',
  3: 'a model, variant or component that the manifest does not have, or a job that is not on record',
  4: 'a source or the network failed, or the time given to it ran out',
  5: 'bytes are not what the manifest says, or no model that works',
  6: 'not enough space, memory or quota',
  7: 'another process holds the lock, or changed the model meanwhile',
  8: 'credentials are missing, wrong, or not accepted',
  9: 'the file system or the platform',
  10: 'not complete, or not as it was pinned',
  126: 'the command that was to run cannot be run',
  127: 'the command that was to run is not there',
  130: 'stopped by Ctrl-C; what is held is kept',
  143: 'stopped by SIGTERM; what is held is kept',
};
