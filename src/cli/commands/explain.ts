import type { Command } from '../command.ts';
import { namedJob } from '../jobs/show-job.ts';
import { explanationText } from '../render/explanation-text.ts';

export const explain: Command = {
  summary: 'Say why a job takes, or took, as long as it does',
  description:
    'What was measured while it worked: the time that went to transfer, to the limit, to stalls, to other processes, to casting and to publishing; what each source gave, and how it failed. Nothing is guessed: hashing and writing happen while bytes come, and are not told apart.',
  schema: 'wan.models.explain/v1',
  operands: { name: 'JOB', min: 1, max: 1, completes: 'job' },
  options: [],
  examples: [
    { command: 'wan models explain 7f3a', what: 'by the first digits of its id (see `wan models jobs`)' },
    { command: "wan models explain 7f3a --json | jq -r '.data.main_cause'", what: 'what most of the time went to' },
  ],
  exitStatuses: [3, 9],
  run: async (session, args) => {
    const { explainJob } = await import('../../jobs/explain.ts');
    const { explainWire, shownJob } = await import('../../wire/job-wire.ts');
    const { queue, job } = await namedJob(session, args.operands[0], { more: args.operands.slice(1), title: 'wan models explain' });
    const progress = job.state === 'running' ? queue.progress(job.id) : undefined;
    const explanation = explainJob(job, progress);
    return { wire: () => explainWire(explanation, shownJob(queue, job)), text: (screen) => explanationText(screen, explanation) };
  },
};
