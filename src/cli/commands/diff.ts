import { diffWire } from '../../wire/lock-report-wire.ts';
import type { Command } from '../command.ts';
import { diffText } from '../render/manifest-edits-text.ts';
import { withProgress } from '../with-progress.ts';

export const diff: Command = {
  summary: 'Compare two revisions or variants: files, and the bytes that would move',
  description:
    'FROM and TO are models of the manifest (name@version@variant) or source URLs at any revision (hf://org/name@v2). With FROM alone, what is pinned of that model is compared with what its sources have now. Content that FROM has under another name does not move. Changes nothing on disk.',
  schema: 'wan.models.diff/v1',
  operands: { name: 'REF|URL', min: 1, max: 2, completes: 'ref', forms: ['[options] FROM [TO]'] },
  options: [{ name: 'offline', summary: 'open no socket' }],
  examples: [
    { command: 'wan models diff t2v-A14B@2.2.0', what: 'what `wan models update` would take' },
    { command: 'wan models diff t2v-A14B@2.2.0 t2v-A14B@2.2.0@bf16', what: 'two variants' },
    { command: 'wan models diff hf://org/name@v1 hf://org/name@v2', what: 'two revisions' },
  ],
  exitStatuses: [3, 4, 8, 9, 130, 143],
  run: async (session, args) => {
    const [from = '', to] = args.operands;
    const orchestrator = await session.orchestrator();
    const options = { signal: session.signal, ...(args.has('offline') && { offline: true }) };
    const report = await withProgress(session, (onEvent) => orchestrator.diff(from, to, { ...options, onEvent }));
    return { wire: () => diffWire(report), text: (screen) => diffText(screen, report) };
  },
};
