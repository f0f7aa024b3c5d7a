import { openAudit } from '../../compose/telemetry.ts';
import type { AuditLine } from '../../domain/audit.ts';
import type { Command } from '../command.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { auditLinesText } from '../render/audit-text.ts';

export const auditShow: Command = {
  summary: 'Show acts by model, verb, person or time, with their facts',
  description:
    'Of several options all must hold. Nothing is changed, and whether the log is as it was written is not looked at: `wan audit verify` does that.',
  schema: 'wan.audit.show/v1',
  options: [
    { name: 'act', value: 'VERB', summary: 'only this verb: rm, gc, ensure, auth.login, …', commas: true, repeats: true },
    { name: 'model', value: 'REF', summary: 'only acts on this model: its reference, or the beginning of it', completes: 'ref' },
    { name: 'user', value: 'NAME', summary: 'only acts of this user, or on behalf of this name' },
    { name: 'since', value: 'TIME', summary: 'only acts of so long ago at most, for example 7d' },
    { name: 'failed', summary: 'only acts that failed' },
  ],
  examples: [
    { command: 'wan audit show --act rm,gc --since 30d', what: 'who removed what lately?' },
    { command: 'wan audit show --model t2v-A14B@2.2.0', what: 'the story of a model' },
    { command: 'wan audit show --failed --json', what: 'what was tried in vain' },
  ],
  exitStatuses: [9],
  run: async (session, args) => {
    const { directory, lines } = await openAudit(await session.config());
    const isAsked = filterOf(args, Date.now());
    const shown = [...lines()].filter(isAsked);
    return { wire: () => ({ directory, lines: shown }), text: (screen) => auditLinesText(screen, shown) };
  },
};

function filterOf(args: ParsedArgs, nowMs: number): (line: AuditLine) => boolean {
  const acts = args.texts('act');
  const [model, user, sinceMs] = [args.text('model'), args.text('user'), args.durationMs('since')];
  return ({ act, reference, facts, actor, time, outcome }) =>
    (acts.length === 0 || acts.includes(act)) &&
    (model === undefined || [reference, facts.model].some((ref) => String(ref ?? '').startsWith(model))) &&
    (user === undefined || actor.user === user || actor.name === user) &&
    (sinceMs === undefined || nowMs - Date.parse(time) <= sinceMs) &&
    (!args.has('failed') || outcome !== 'ok');
}
