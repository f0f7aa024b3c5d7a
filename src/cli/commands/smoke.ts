import { pythonInterpreter } from '../../config/python-interpreter.ts';
import { ModelError } from '../../domain/errors.ts';
import type { SmokeDevice, SmokeReport } from '../../domain/smoke.ts';
import { smokeWire } from '../../wire/smoke-wire.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS, PROGRESS_OPTION } from '../common-options.ts';
import { ensureOptions } from '../ensure-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { smokeText } from '../render/smoke-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { withProgress } from '../with-progress.ts';

export const smoke: Command = {
  summary: 'Really load a model with diffusers and run a few denoising steps',
  description:
    'Makes the model real first, and holds it. Then the Python that you use (--python, WAN_PYTHON, `python` in wan.toml, else python3 of PATH) loads the directory as the load plan says, looks at every weight, and makes a small clip: from text, from an image, or one of each where the model does both. It runs in a process group of its own within limits of time and memory, and leaves nothing behind. The result is remembered, and shown by `wan models status --json`. Exit status 3 or 5: the model is at fault; 2, 4 or 6: Python, a package, the device, time or memory were missing.',
  schema: 'wan.models.smoke/v1',
  operands: { name: 'REF', min: 1, max: 1, completes: 'ref' },
  options: [
    { name: 'device', value: 'DEVICE', choices: ['cuda', 'cpu'], summary: 'where it runs (else the GPU where there is one)' },
    { name: 'steps', value: 'N', summary: 'denoising steps of a clip (else 2)' },
    { name: 'size', value: 'WxH', summary: 'pixels of a frame (else 128x128)' },
    { name: 'frames', value: 'N', summary: 'of a clip (else the fewest that make two latents)' },
    { name: 'python', value: 'PROGRAM', completes: 'file', summary: 'the Python that has torch and diffusers (WAN_PYTHON)' },
    { name: 'timeout', value: 'TIME', summary: 'give up after so long, fetching not counted (else 30m)' },
    { name: 'memory', value: 'SIZE', summary: 'give up where it takes more host memory (else nine tenths of what is available)' },
    ...PLACE_OPTIONS,
    { name: 'offline', summary: 'open no socket' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models smoke ti2v-5B-diffusers@2.2.0', what: 'on the GPU, both from text and from an image' },
    {
      command: 'wan models smoke t2v-A14B-diffusers@2.2.0 --variant bf16 --python ~/venv/bin/python --timeout 20m',
      what: 'with that Python',
    },
    { command: 'wan models smoke i2v-A14B-diffusers@2.2.0 --device cpu --memory 96G --json', what: 'without a GPU, as one document' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, 130, 143],
  run: async (session, args) => {
    const options = await smokeOptions(session, args);
    const { smokeModel } = await import('../../pipeline/smoke/smoke-model.ts');
    const [ref = ''] = args.operands;
    const orchestrator = await session.orchestrator();
    const report = await withProgress(session, (onEvent) => smokeModel(orchestrator, ref, { ...options, onEvent }));
    return reportOf(report);
  },
};

function reportOf(report: SmokeReport): Report {
  const { error } = report;
  return {
    wire: () => smokeWire(report),
    text: (screen) => smokeText(screen, report),
    ...(error && { error: new ModelError(error.code, error.message, error) }),
  };
}

async function smokeOptions(session: Session, args: ParsedArgs) {
  const config = await session.config();
  const [steps, frames, memoryBytes] = [args.count('steps'), args.count('frames'), args.sizeBytes('memory')];
  return {
    ...ensureOptions(session, args),
    ...sizeOf(args),
    ...(args.has('device') && { device: args.text('device') as SmokeDevice }),
    ...(steps !== undefined && { steps }),
    ...(frames !== undefined && { frames }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    python: pythonInterpreter(config),
    env: session.io.env,
    onStage: (stage: string) => {
      if (!session.isQuiet) session.area.line(`smoke test: ${stage}`);
    },
  };
}

function sizeOf(args: ParsedArgs): { width: number; height: number } | undefined {
  const text = args.text('size');
  if (text === undefined) return undefined;
  const [, width, height] = /^(\d{1,5})[x*](\d{1,5})$/.exec(text) ?? [];
  if (width === undefined || height === undefined)
    throw usageError(
      'invalid_value',
      `--size ${JSON.stringify(text)} is not valid`,
      'write width and height in pixels, for example 128x128',
    );
  return { width: Number(width), height: Number(height) };
}
