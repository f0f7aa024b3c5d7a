/** A command that takes our place: our streams are its own, signals go on to it, and its end is ours. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ModelError } from '../domain/errors.ts';
import { isErrno } from '../domain/fs-error.ts';
import type { Io } from './io.ts';
import type { SignalWatch } from './signals.ts';

export interface ChildRequest {
  readonly command: readonly string[];
  readonly env: Io['env'];
  readonly cwd: string;
  /** Its standard output: ours, or our standard error where ours is for a document. */
  readonly stdout: 'inherit' | 'stderr';
  readonly handOver: SignalWatch['handOver'];
  /** At a terminal, Ctrl-C reaches the command without us. */
  readonly isTerminal: boolean;
}

export interface ChildEnd {
  /** As a shell tells it. */
  readonly exitStatus: number;
  readonly signal?: NodeJS.Signals;
}

/** What a shell answers where a command is not there, or cannot be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** @throws ModelError INVALID_INPUT, reason command_not_started */
export async function runChild({ command, env, cwd, stdout, handOver, isTerminal }: ChildRequest): Promise<ChildEnd> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, cwd, stdio: ['inherit', stdout === 'inherit' ? 'inherit' : 2, 'inherit'] });
  const takeBack = handOver((name) => {
    if (!(isTerminal && name === 'SIGINT')) child.kill(name);
  });
  try {
    return await new Promise<ChildEnd>((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(program, error)));
      child.once('close', (code, signal) => resolve(endOf(code, signal)));
    });
  } finally {
    takeBack();
  }
}

/** The status of a command that could not be started. */
export const statusOfFailure = (error: ModelError): number | undefined =>
  error.reason === 'command_not_started' ? (error.details.errno === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE) : undefined;

const endOf = (code: number | null, signal: NodeJS.Signals | null): ChildEnd =>
  signal === null ? { exitStatus: code ?? 1 } : { exitStatus: 128 + constants.signals[signal], signal };

const notStarted = (program: string, error: Error): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `cannot run ${JSON.stringify(program)}: ${isErrno(error, 'ENOENT') ? 'there is no such command' : error.message}`,
    {
      reason: 'command_not_started',
      hint: 'write the command and its arguments after `--`, as in `wan models exec REF -- python app.py`',
      cause: error,
      details: { errno: (error as NodeJS.ErrnoException).code ?? null },
    },
  );
