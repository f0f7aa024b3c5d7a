/** Ctrl-C and kill: the first one asks to stop and keeps what is held, the second one stops at once. */
import { ModelError } from '../domain/errors.ts';

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;
/** What a command that we run is told, too. */
const HANDED_OVER = ['SIGHUP', 'SIGQUIT'] as const satisfies readonly NodeJS.Signals[];
export type StopSignal = keyof typeof STATUS;

export interface SignalWatch {
  /** Aborted with CANCELLED on the first signal. */
  readonly signal: AbortSignal;
  /** From now on signals are for `take` alone, until the returned function is called. */
  handOver(take: (name: NodeJS.Signals) => void): () => void;
  /** The exit status of the signal that came, if one did. */
  exitStatus(): number | undefined;
  stop(): void;
}

/** `beforeExit` runs before the process ends on the second signal: it gives the terminal back. */
export function watchSignals(target: NodeJS.EventEmitter, beforeExit: () => void): SignalWatch {
  const controller = new AbortController();
  let received: StopSignal | undefined;
  let taker: ((name: NodeJS.Signals) => void) | undefined;
  const onSignal = (name: StopSignal): void => {
    if (taker !== undefined) {
      taker(name);
      return;
    }
    if (received !== undefined) {
      beforeExit();
      process.exit(STATUS[received]);
    }
    received = name;
    controller.abort(cancelled(name));
  };
  for (const name of Object.keys(STATUS)) target.on(name, onSignal);
  return {
    signal: controller.signal,
    handOver: (take) => {
      taker = take;
      for (const name of HANDED_OVER) target.on(name, take);
      return () => {
        taker = undefined;
        for (const name of HANDED_OVER) target.off(name, take);
      };
    },
    exitStatus: () => (received === undefined ? undefined : STATUS[received]),
    stop: () => {
      for (const name of Object.keys(STATUS)) target.off(name, onSignal);
    },
  };
}

const cancelled = (name: StopSignal): ModelError =>
  new ModelError('CANCELLED', name === 'SIGINT' ? 'interrupted: what is held is kept' : 'terminated: what is held is kept', {
    reason: name.toLowerCase(),
  });
