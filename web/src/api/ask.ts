/** One request, and its answer or its problem. */
import { jsonOf, type Problem, problemOf, unreachable } from './problem.ts';
import { authorization } from './token.ts';

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Instead of the one that is kept. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Listener = (problem: Problem) => void;
let onRefused: Listener = () => undefined;

/** Is told of each 401: whoever keeps the token decides what comes of it. */
export function listenForRefusals(listener: Listener): void {
  onRefused = listener;
}

/** @param path below /v1 @throws Problem */
export async function ask<Answer>(path: string, asked: Asked = {}): Promise<Answer> {
  const response = await send(path, asked);
  if (response.ok) return (await jsonOf(response, asked.signal)) as Answer;
  throw await problemOf(response, asked.signal);
}

/** An answer of whatever status but 401. @throws Problem */
export async function send(path: string, { method = 'GET', body, signal, headers = authorization() }: Asked = {}): Promise<Response> {
  const response = await answerOf(`/v1${path}`, {
    method,
    cache: 'no-store',
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  if (response.status !== 401) return response;
  const problem = await problemOf(response, signal);
  if (headers.authorization === authorization().authorization) onRefused(problem);
  throw problem;
}

async function answerOf(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true || !(error instanceof TypeError)) throw error;
    throw unreachable();
  }
}

/** Ids hold `@`, `+` and worse: they are encoded once. */
export const modelPath = (id: string): string => `/models/${encodeURIComponent(id)}`;
