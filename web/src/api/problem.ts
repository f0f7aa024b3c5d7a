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
    hint: 'is `wan serve` running, and the network there? It is asked again by itself',
  });

export const isUnreachable = ({ status }: Problem): boolean => status === 0;

export async function problemOf(response: Response): Promise<Problem> {
  const document = (await response.json().catch(() => ({}))) as Partial<ProblemDocument>;
  return new Problem({ status: response.status, ...document });
}

/** Whatever a request threw. @throws what is a bug */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  throw thrown;
}
