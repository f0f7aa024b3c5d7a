/** The jobs as they are now: told by the service, again and again after each break, for as long as the page is open. */
import { batch, computed, effect, signal } from '@preact/signals';
import { send } from '../api/ask.ts';
import { asProblem, problemOf, unreachable } from '../api/problem.ts';
import { type SentEvent, SseParser } from '../api/sse-parser.ts';
import { authorization, token } from '../api/token.ts';
import type { Job } from '../api/wire.ts';
import { announce } from './announcements.ts';
import { connection, isHeard, isLost, isSeen } from './connection.ts';
import { may, who } from './session.ts';

const RETRY_MS = 2000;
/** After a conversation that ended as it should: somebody between closes what is long. */
const AGAIN_MS = 300;
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
    if (who.value === undefined || !isAllowed || !isSeen.value) return;
    const ending = new AbortController();
    void converse(mine, ending.signal);
    return () => ending.abort();
  });
}

async function converse(headers: Record<string, string>, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    let waitMs = AGAIN_MS;
    try {
      await listen(headers, ending);
    } catch (thrown) {
      if (ending.aborted) return;
      isLost(asProblem(thrown));
      waitMs = RETRY_MS;
    }
    if (ending.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** Ends when the service ends it. @throws Problem when the service is gone, is silent, or refuses */
async function listen(headers: Record<string, string>, ending: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const signal = AbortSignal.any([ending, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await send('/events', {
      headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      signal,
    });
    if (!response.ok || response.body === null) throw await problemOf(response, signal);
    isHeard();
    const parser = new SseParser();
    // Not every browser can go through a stream by `for await`.
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      take(parser.push(piece.value));
    }
  } catch (thrown) {
    throw !ending.aborted && (thrown instanceof TypeError || thrown instanceof DOMException) ? unreachable() : thrown;
  } finally {
    clearTimeout(timer);
  }
}

function take(events: readonly SentEvent[]): void {
  if (events.length === 0) return;
  const next = new Map(byId.peek());
  for (const { event, data, id } of events) {
    if (event === 'reset') next.clear();
    else apply(next, event, JSON.parse(data) as Job);
    if (id !== undefined) lastEventId = id;
  }
  const ended = endedSince(byId.peek(), next);
  batch(() => {
    if (ended.length > 0) announce(ended);
    byId.value = next;
    if (connection.peek().state !== 'live') isHeard();
  });
}

/** Those of which it was seen that they were not over. */
function endedSince(before: ReadonlyMap<string, Job>, now: ReadonlyMap<string, Job>): readonly Job[] {
  return [...now.values()].filter((job) => {
    const earlier = before.get(job.id);
    return earlier !== undefined && earlier.finished_at === undefined && job.finished_at !== undefined;
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
