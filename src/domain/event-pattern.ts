/** Which events somebody wants to be told of: `model.removed`, `model.*`, `*`. Pure. */
import { JOB_STATES } from './jobs.ts';
import { STORE_EVENT_TYPES } from './store-events.ts';

/** Of a job, by the state that it has come to. */
const JOB_EVENT_TYPES = JOB_STATES.map((state) => `job.${state}` as const);

/** All that can be told to others. */
const TOLD_TYPES: readonly string[] = [...STORE_EVENT_TYPES, ...JOB_EVENT_TYPES];

const SHAPE = /^(?:\*|[a-z_]+(?:\.[a-z_]+)*(?:\.\*)?)$/;

/** `job` alone means all of jobs. */
export function matchesEvent(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  const prefix = pattern.endsWith('.*') ? pattern.slice(0, -1) : `${pattern}.`;
  return (pattern.endsWith('.*') || pattern === 'job') && type.startsWith(prefix);
}

/** Whether there is anything that it could ever match. */
export const isEventPattern = (text: string): boolean => SHAPE.test(text) && TOLD_TYPES.some((type) => matchesEvent(text, type));
