import { openAudit } from '../../compose/telemetry.ts';
import type { AuditLine } from '../../domain/audit.ts';
import type { Command } from '../command.ts';
import { auditLinesText } from '../render/audit-text.ts';

const LINES = 20;

export const auditTail: Command = {
  summary: 'Show the last acts that changed or removed something',
  description: 'The last line stands last. Nothing is changed.',
  schema: 'wan.audit.tail/v1',
  options: [{ name: 'lines', short: 'n', value: 'N', summary: `how many (default ${LINES})` }],
  examples: [
    { command: 'wan audit tail', what: `the last ${LINES}` },
    { command: "wan audit tail -n 1 --json | jq -r '.data.lines[0].hash'", what: 'the hash to note elsewhere' },
  ],
  exitStatuses: [9],
  run: async (session, args) => {
    const { directory, lines } = await openAudit(await session.config());
    const last: AuditLine[] = [];
    const most = args.count('lines') ?? LINES;
    for (const line of lines()) {
      last.push(line);
      if (last.length > most) last.shift();
    }
    return { wire: () => ({ directory, lines: last }), text: (screen) => auditLinesText(screen, last) };
  },
};
