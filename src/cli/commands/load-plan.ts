import { loadPlanWire } from '../../wire/pipeline-wire.ts';
import type { Command } from '../command.ts';
import { NO_ERROR_TEXT, PLACE_OPTIONS, PROGRESS_OPTION, STOP_OPTION } from '../common-options.ts';
import { loadPlanText } from '../render/load-plan-text.ts';
import { loadPlanOptions, MEMORY_OPTIONS, REQUEST_OPTIONS, SIZE_OPTIONS } from '../video-options.ts';
import { withProgress } from '../with-progress.ts';

export const loadPlanCommand: Command = {
  summary: 'Tell a loader all that it needs: pipeline class, components, number formats, offloading',
  description:
    'Checks the request against the model first: sizes, frames, what it must and must not be given. What is wrong is told with the nearest valid value, before anything is fetched or loaded.',
  schema: 'wan.models.load-plan/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [
    { name: 'ensure', summary: 'make the model real first' },
    ...SIZE_OPTIONS,
    ...REQUEST_OPTIONS,
    ...MEMORY_OPTIONS,
    ...PLACE_OPTIONS,
    { name: 'offline', summary: 'open no socket' },
    STOP_OPTION,
    NO_ERROR_TEXT,
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models load-plan t2v-A14B-diffusers@2.2.0 --gpu 80G --json', what: 'one document for any loader' },
    { command: 'wan models load-plan i2v-A14B@2.2.0 --prompt "a cat" --image --frames 81', what: 'whether a request can be met' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, 130, 143],
  run: async (session, args) => {
    const [ref = ''] = args.operands;
    const { loadPlan } = await import('../../pipeline/load-plan.ts');
    const orchestrator = await session.orchestrator();
    const options = {
      ...loadPlanOptions(session, args),
      ...(args.has('ensure') && { ensure: true }),
      ...(args.has('offline') && { offline: true }),
    };
    const plan = await withProgress(session, (onEvent) => loadPlan(orchestrator, ref, { ...options, onEvent }));
    return { wire: () => loadPlanWire(plan), text: (screen) => loadPlanText(screen, plan) };
  },
};
