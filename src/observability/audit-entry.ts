/** Events -> what the audit log is told: pure. */
import type { ActName, AuditedAct, Facts } from '../domain/acts.ts';
import type { AuditActor, AuditEntry } from '../domain/audit.ts';
import type { EventBody, ModelEvent } from '../domain/events.ts';

/** Undefined for what changed nothing. */
export function auditEntry(event: ModelEvent, actor: AuditActor): AuditEntry | undefined {
  const said = say(event);
  if (said === undefined) return undefined;
  const { time, correlationId, model } = event;
  const { act, outcome = 'ok', facts } = said;
  return { time, act, ...(model !== undefined && { reference: model }), outcome, actor, correlation_id: correlationId, facts };
}

interface Said {
  readonly act: AuditedAct;
  readonly outcome?: AuditEntry['outcome'];
  readonly facts: Facts;
}

function say(event: ModelEvent): Said | undefined {
  switch (event.type) {
    case 'ensure.finished':
      return event.published === true || event.fetchedBytes > 0 ? { act: 'ensure', facts: ensureFacts(event) } : undefined;
    case 'gc.finished':
      return { act: 'gc', facts: gcFacts(event) };
    case 'act.finished':
      return isAudited(event.act) ? { act: event.act, facts: event.facts } : undefined;
    case 'act.failed':
      // One that did not come to its end has published nothing; what it fetched is counted.
      if (!isAudited(event.act) || event.act === 'ensure') return undefined;
      return { act: event.act, outcome: event.error.code, facts: { message: event.error.message } };
    default:
      return undefined;
  }
}

const ensureFacts = (event: Extract<EventBody, { type: 'ensure.finished' }>): Facts => ({
  published: event.published ?? false,
  fetched_bytes: event.fetchedBytes,
  fetched_files: event.fetchedFiles ?? 0,
  sources: (event.sources ?? []).join(', '),
  ...(event.proof && { proof: event.proof }),
});

const gcFacts = (event: Extract<EventBody, { type: 'gc.finished' }>): Facts => ({
  trigger: event.trigger,
  removed: event.removed,
  trashed: event.trashed,
  kept: event.kept,
  reclaimed_bytes: event.reclaimedBytes,
  trash_bytes: event.trashBytes,
});

const NOT_AUDITED: ReadonlySet<ActName> = new Set(['verify', 'scrub', 'lease']);
const isAudited = (act: ActName): act is AuditedAct => !NOT_AUDITED.has(act);
