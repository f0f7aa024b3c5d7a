import { vramWire } from '../../wire/pipeline-wire.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import { vramText } from '../render/vram-text.ts';
import { gpuBytesOf, loadPlanOptions, MEMORY_OPTIONS, SIZE_OPTIONS } from '../video-options.ts';

/** As of `check`: what was asked is not so. */
const DOES_NOT_FIT = 10;

export const vram: Command = {
  summary: 'Say whether a model fits a GPU, and how',
  description:
    'Counts the weights from the headers of the files that are here (else from their sizes) and estimates the rest from size and length of the video; the estimate predicts the peaks that the authors published within 20 %. Nothing is fetched. Exit status 10: it does not fit.',
  schema: 'wan.models.vram/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [...SIZE_OPTIONS, ...MEMORY_OPTIONS, ...PLACE_OPTIONS],
  examples: [
    { command: 'wan models vram t2v-A14B@2.2.0 --gpu 80G', what: 'at the default size of the model' },
    { command: 'wan models vram ti2v-5B@2.2.0 --width 1280 --height 704 --frames 121 --gpu 24G', what: 'of one video' },
    { command: 'wan models vram t2v-A14B@2.2.0 --gpu 24G --offload layers', what: 'with one way of offloading' },
  ],
  exitStatuses: [3, 9, 10],
  run: async (session, args) => {
    const [ref = ''] = args.operands;
    const { loadPlan } = await import('../../pipeline/load-plan.ts');
    const gpuBytes = gpuBytesOf(args);
    const plan = await loadPlan(await session.orchestrator(), ref, loadPlanOptions(session, args));
    const isTooLarge = gpuBytes !== undefined && plan.memory !== undefined && plan.memory.chosen === undefined;
    return {
      wire: () => vramWire(plan, gpuBytes),
      text: (screen) => vramText(screen, plan, gpuBytes),
      ...(isTooLarge && { exitStatus: DOES_NOT_FIT }),
    };
  },
};
