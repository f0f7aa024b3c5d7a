/** The jobs as they are now: told by the service, again and again after each break, for as long as the page is open. */
import { batch, computed, effect, signal } from '@preact/signals';
import { send } from '../api/ask.ts';
import { asProblem, problemOf, unreachable } from '../api/problem.ts';
import { type SentEvent, SseParser } from '../api/sse-parser.ts';
import { authorization, token } from '../api/token.ts';
import type { Job } from '../api/wire.ts';
import { connection, isHeard, isLost } from './connection.ts';
import { may, who } from './session.ts';

const RETRY_MS = 2000;
/** The service says every 15 s that it is still there. */
const SILENCE_MS = 40_000;

const byId = signal<ReadonlyMap<string, Job>>(new Map());

export const jobs = computed(() => [...byId.value.values()]);
/** Of one model, the latest first. */
export const jobsOf = (ref: string): readonly Job[] => jobs.value.filter(({ model }) => model === ref).toSorted((a, b) => b.seq - a.seq);

let lastEventId: string | undefined;

/** Called once. A new token is a new conversation. */
export function watchJobs(): void {
  effect(() => {
    const isAllowed = may('read');
    const mine = { ...authorization(token.value) };
    if (who.value === undefined || !isAllowed) return;
    const ending = new AbortController();
    void converse(mine, ending.signal);
    return () => ending.abort();
  });
}

async function converse(headers: Record<string, string>, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    try {
      await listen(headers, ending);
    } catch (thrown) {
      if (ending.aborted) return;
      isLost(asProblem(thrown));
    }
    if (ending.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Ends by throwing: when the service goes, is silent, or refuses. */
async function listen(headers: Record<string, string>, ending: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const signal = AbortSignal.any([ending, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await send('/events', {
      headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      signal,
    });
    if (!response.ok || response.body === null) throw await problemOf(response);
    isHeard();
    const parser = new SseParser();
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      take(parser.push(chunk));
    }
  } catch (thrown) {
    if (ending.aborted || !(thrown instanceof TypeError || thrown instanceof DOMException)) throw thrown;
  } finally {
    clearTimeout(timer);
  }
  throw unreachable();
}

function take(events: readonly SentEvent[]): void {
  if (events.length === 0) return;
  const next = new Map(byId.peek());
  for (const { event, data, id } of events) {
    if (event === 'reset') next.clear();
    else apply(next, event, JSON.parse(data) as Job);
    if (id !== undefined) lastEventId = id;
  }
  batch(() => {
    byId.value = next;
    if (connection.peek().state !== 'live') isHeard();
  });
}

function apply(map: Map<string, Job>, event: string, job: Job): void {
  if (event === 'job') map.set(job.id, job);
  if (event === 'gone') map.delete(job.id);
}

/** What a request answered comes before the next event does. */
export function noteJob(job: Job): void {
  byId.value = new Map(byId.peek()).set(job.id, job);
}
