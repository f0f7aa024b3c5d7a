import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { ResponseHead } from './check-response.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import type { HttpHeaders } from './http-headers.ts';
import { isRedirect, isSameOrigin, MAX_REDIRECTS, nextHop, tooManyRedirects } from './redirect-rules.ts';

export interface RedirectedRequest {
  readonly url: URL;
  /** Sent to every hop. */
  readonly headers: HttpHeaders;
  /** Sent as long as no hop has left the first one's origin, and never again after that. */
  readonly credentials: HttpHeaders;
  /** Whether a redirect from `url` is none: its answer is given back as it is. */
  readonly isRefusal?: ((head: ResponseHead, url: URL) => boolean) | undefined;
  readonly signal: AbortSignal;
}

export interface FollowedAnswer {
  readonly answer: HttpAnswer;
  /** Where the answer came from. */
  readonly url: URL;
  /** Those that went along to that place. */
  readonly credentials: HttpHeaders;
}

export async function followRedirects(client: HttpClient, request: RedirectedRequest): Promise<FollowedAnswer> {
  let { url, credentials } = request;
  const seen = new Set<string>();
  for (;;) {
    throwIfCancelled(request.signal, `asking ${url.host}`);
    const answer = await client.get({ url, headers: { ...request.headers, ...credentials }, signal: request.signal });
    if (!isRedirect(answer.status) || request.isRefusal?.(answer, url) === true) return { answer, url, credentials };
    await answer.release();
    seen.add(url.href);
    const next = nextHop(url, answer.headers.location);
    if (seen.has(next.href) || seen.size > MAX_REDIRECTS) throw tooManyRedirects(request.url, seen.has(next.href));
    if (!isSameOrigin(url, next)) credentials = {};
    url = next;
  }
}
