import { openAudit } from '../../compose/telemetry.ts';
import type { AuditMark, AuditVerdict } from '../../domain/audit.ts';
import { ModelError } from '../../domain/errors.ts';
import { auditVerdictWire } from '../../wire/audit-wire.ts';
import type { Command } from '../command.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { auditVerdictText } from '../render/audit-text.ts';
import { usageError } from '../usage-error.ts';

export const auditVerify: Command = {
  summary: 'Find out whether the audit log is as it was written',
  description:
    'Each line holds the hash of the one before: a line that was changed, removed or moved is found and named. That the end was cut off shows as long as head.json, beside it, was left alone; who may write both can write another log. So note the last line elsewhere now and then, and have it looked for with --mark. Nothing is changed.',
  schema: 'wan.audit.verify/v1',
  options: [
    { name: 'mark', value: 'SEQ:HASH', summary: 'a line that was noted before: it must still be there' },
    { name: 'from', value: 'SEQ', summary: 'the first line that should be here; those before it were archived' },
  ],
  examples: [
    { command: 'wan audit verify', what: 'exit status 5 where it is not as it was written' },
    { command: 'wan audit verify --json | jq -r \'.data.head | "\\(.seq):\\(.hash)"\'', what: 'the mark to note elsewhere' },
    { command: 'wan audit verify --mark "$(cat /mnt/elsewhere/wan-audit.mark)"', what: 'was the end cut off since?' },
  ],
  exitStatuses: [5, 9],
  run: async (session, args) => {
    const mark = markOf(args);
    const from = args.count('from');
    const { verify } = await openAudit(await session.config());
    const verdict = verify({ ...(from !== undefined && { from }), ...(mark && { mark }) });
    return {
      wire: () => auditVerdictWire(verdict),
      text: (screen) => auditVerdictText(screen, verdict),
      ...(!verdict.ok && { error: broken(verdict) }),
    };
  },
};

function markOf(args: ParsedArgs): AuditMark | undefined {
  const text = args.text('mark');
  if (text === undefined) return undefined;
  const { seq, hash } = /^(?<seq>[1-9]\d{0,14}):(?<hash>[0-9a-f]{64})$/.exec(text.trim())?.groups ?? {};
  if (seq === undefined || hash === undefined)
    throw usageError(
      'invalid_value',
      `--mark ${JSON.stringify(text)} is not valid`,
      'write the number of a line, a colon and its hash, as `wan audit verify --json` tells them of the last one',
    );
  return { seq: Number(seq), hash };
}

const broken = ({ faults, directory }: AuditVerdict): ModelError =>
  new ModelError('CHECKSUM_FAIL', `the audit log is not as it was written: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`, {
    reason: 'audit_broken',
    hint: 'compare it with a copy from a backup, and find out who may write to it',
    details: { directory, faults: faults.length },
  });
