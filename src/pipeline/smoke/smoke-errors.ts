/** What kept a smoke test from passing -> the error that says so, with the next step. Pure. */
import { type ErrorCode, ModelError } from '../../domain/errors.ts';
import { isErrno } from '../../domain/fs-error.ts';
import type { SmokePython, SmokeVerdict } from '../../domain/smoke.ts';
import { redactText } from '../../observability/redact-text.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import type { PythonEnd } from './python-process.ts';
import type { FailedEvent } from './smoke-events.ts';

/** Codes by which a model itself is at fault; all others say that it could not be told. */
const OF_THE_MODEL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['FORMAT_INVALID', 'COMPONENT_MISSING']);

export const verdictOf = (error: ModelError | undefined): SmokeVerdict =>
  error === undefined ? 'passed' : OF_THE_MODEL.has(error.code) ? 'failed' : 'unknown';

type Hint = (python: SmokePython, event: FailedEvent) => string;

const PACKAGES = 'torch diffusers transformers accelerate ftfy';
const install: Hint = ({ command }) =>
  `install them there, \`${command} -m pip install ${PACKAGES}\`, or name another Python: --python, or \`python\` in wan.toml`;
const upgrade: Hint = ({ command }, { package: name }) => `try a newer one: \`${command} -m pip install --upgrade ${name ?? PACKAGES}\``;
const another: Hint = () => 'name another Python: --python, or `python` in wan.toml';
const verify: Hint = () =>
  '`wan models verify REF --deep` says whether these are the bytes that the manifest pins: if so, the model itself is not right';
const roomOnGpu: Hint = () => 'free the GPU (see `nvidia-smi`), or make a smaller clip: --size, --frames';
const roomInHost: Hint = () => 'free memory, or take the variant bf16, whose weights need half as much while they load';

/** The words of wan_smoke.py. */
const KINDS: Readonly<Record<string, readonly [ErrorCode, Hint]>> = {
  python_too_old: ['INVALID_CONFIG', another],
  package_missing: ['INVALID_CONFIG', install],
  package_broken: ['INVALID_CONFIG', upgrade],
  component_missing: ['COMPONENT_MISSING', verify],
  load_failed: ['FORMAT_INVALID', verify],
  tensors_missing: ['FORMAT_INVALID', verify],
  weights_not_finite: ['FORMAT_INVALID', verify],
  output_not_finite: ['FORMAT_INVALID', () => 'all weights are finite, so numbers grew too large on the way: try the variant bf16 or fp32'],
  output_constant: ['FORMAT_INVALID', verify],
  run_failed: ['FORMAT_INVALID', () => 'the parts do not fit together, or not this version of diffusers: the text above says where'],
  gpu_memory: ['NO_SPACE', roomOnGpu],
  host_memory: ['NO_SPACE', roomInHost],
  device_failed: ['INVALID_CONFIG', () => 'see `nvidia-smi`: driver, GPU and the CUDA that torch was built for must fit together'],
};

export function failureError(event: FailedEvent, python: SmokePython): ModelError {
  const { kind, message, event: _, ...details } = event;
  const [code, hint] = KINDS[kind] ?? KINDS.run_failed ?? ['INTERNAL', verify];
  return new ModelError(code, redactText(message), { reason: kind, hint: hint(python, event), details });
}

export const pythonMissing = ({ command, origin }: SmokePython, cause: Error): ModelError =>
  new ModelError(
    'INVALID_CONFIG',
    `cannot run ${JSON.stringify(command)} (${origin}): ${isErrno(cause, 'ENOENT') ? 'there is no such program' : cause.message}`,
    {
      reason: 'python_missing',
      hint: 'name a Python that has torch and diffusers: --python, WAN_PYTHON, or `python` in wan.toml',
      cause,
      details: { python: command },
    },
  );

export const cudaMissing = (problem: string | null): ModelError =>
  new ModelError('INVALID_CONFIG', `there is no CUDA here: ${redactText(problem ?? 'torch finds no GPU')}`, {
    reason: 'cuda_missing',
    hint: 'install a driver and a torch built for it, or test on the processor: --device cpu',
  });

export const gpuTooSmall = (needed: number, free: number): ModelError =>
  new ModelError('NO_SPACE', `by the estimate it needs ${formatBytes(needed)} of GPU memory at least, and ${formatBytes(free)} are free`, {
    reason: 'gpu_memory',
    hint: 'free the GPU (see `nvidia-smi`), or make a smaller clip: --size, --frames',
    details: { bytes_needed: needed, bytes_available: free },
  });

export const overMemory = (found: number, limit: number, stage: string): ModelError =>
  new ModelError('QUOTA_EXCEEDED', `it took ${formatBytes(found)} of memory while ${stage}, more than the ${formatBytes(limit)} it may`, {
    reason: 'memory_limit',
    hint: 'raise it with --memory, or take the variant bf16, whose weights need half as much while they load',
    details: { bytes_used: found, bytes_allowed: limit, stage },
  });

export const overTime = (limitMs: number, stage: string): ModelError =>
  new ModelError('NETWORK_TIMEOUT', `it was not done after ${formatDuration(limitMs)}: stopped while ${stage}`, {
    reason: 'smoke_timeout',
    hint: 'give it more with --timeout, or make a smaller clip: --size, --frames, --steps',
    details: { timeout_seconds: limitMs / 1000, stage },
  });

/** Python ended without a word of its own. */
export function endError(end: PythonEnd, tail: string, stage: string): ModelError {
  const details = { stage, exit_code: end.exitCode, signal: end.signal, output: redactText(tail) };
  if (end.signal === 'SIGKILL') {
    return new ModelError('NO_SPACE', `somebody killed it while ${stage}: mostly that is the kernel, for want of memory`, {
      reason: 'host_memory',
      hint: `${'see `dmesg` for who it was; '}free memory, or take the variant bf16, whose weights need half as much while they load`,
      details,
    });
  }
  const how = end.signal === null ? `with exit status ${end.exitCode}` : `by ${end.signal}`;
  return new ModelError('INVALID_CONFIG', `Python ended ${how} while ${stage}${lastLine(tail)}`, {
    reason: 'python_crashed',
    hint: 'run it again with --json: `error.details.output` has what it printed; it is mostly a torch that does not fit the machine',
    details,
  });
}

function lastLine(tail: string): string {
  const line = tail.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${redactText(line)}`;
}
