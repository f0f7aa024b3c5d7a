import type { ProblemDocument } from './wire.ts';

/** Why an answer failed, in the words of the service; or why there was none. */
export class Problem extends Error {
  /** 0: there was no answer. */
  readonly status: number;
  readonly hint: string;
  readonly code: string;
  readonly reason: string | undefined;
  readonly correlationId: string | undefined;

  constructor({ status, message, hint, code, reason, correlation_id: correlationId }: Partial<ProblemDocument>) {
    super(message ?? 'the service answered with something that is no answer of its own');
    this.status = status ?? 0;
    this.hint = hint ?? '';
    this.code = code ?? 'INTERNAL';
    this.reason = reason;
    this.correlationId = correlationId;
  }
}

export const unreachable = (): Problem =>
  new Problem({
    status: 0,
    code: 'SOURCE_UNAVAILABLE',
    message: 'the service does not answer',
    hint: 'Is `wan serve` running, and the network there? It is asked again by itself.',
  });

export const isUnreachable = ({ status }: Problem): boolean => status === 0;

/** Of an answer that says no. @throws Problem where it breaks off */
export async function problemOf(response: Response, signal?: AbortSignal): Promise<Problem> {
  const isOurs = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  const document = isOurs ? ((await jsonOf(response, signal)) as ProblemDocument) : {};
  return new Problem({ ...document, status: response.status });
}

/** @throws Problem where it breaks off, or is no JSON; what `signal` says where nobody waits for it any more */
export async function jsonOf(response: Response, signal?: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw error instanceof SyntaxError ? new Problem({ status: response.status }) : unreachable();
  }
}

/** Whatever a request threw. @throws what is a bug */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  throw thrown;
}
