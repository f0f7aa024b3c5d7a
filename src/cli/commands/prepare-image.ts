import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { prepareImageData } from '../../documents/pipeline.ts';
import { IMAGE_RULES, type ImageRule, type PreparedImage } from '../../domain/image-conditioning.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { PrepareImageOptions } from '../../pipeline/conditioning/prepare-image.ts';
import type { Wire } from '../../wire/wire.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { mark } from '../render/paint.ts';
import type { Screen } from '../render/screen.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';

export const prepareImageCommand: Command = {
  summary: 'Make the tensor of an image that a video begins with, as the loader of the model would',
  description:
    'IMAGE is a JPEG, PNG or WebP file. The size of the frames follows its shape and the number of pixels that a frame of the model has; with the rule of diffusers, --width and --height are taken as they are. Needs the manifest, not the model.',
  schema: 'wan.models.prepare-image/v1',
  operands: { name: 'REF IMAGE', min: 2, max: 2, completes: 'ref', thenCompletes: 'file', forms: ['[options] REF IMAGE --out FILE'] },
  options: [
    { name: 'out', value: 'FILE', completes: 'file', summary: 'the safetensors file to write (required); one that is there is replaced' },
    { name: 'width', value: 'PIXELS', summary: 'of a frame; with the rules of Wan-AI only the area counts, width times height' },
    { name: 'height', value: 'PIXELS', summary: 'of a frame' },
    {
      name: 'area',
      value: 'PIXELS',
      summary: 'of a frame, at most, instead of width and height (else as many as the default of the model)',
    },
    { name: 'rule', value: 'NAME', choices: IMAGE_RULES, summary: 'whose preprocessing (else that of the pipeline class of the model)' },
    ...PLACE_OPTIONS,
  ],
  examples: [
    { command: 'wan models prepare-image i2v-A14B@2.2.0 cat.jpg --out cat.safetensors', what: 'for the code of Wan-AI/Wan2.2' },
    {
      command: 'wan models prepare-image i2v-A14B-diffusers@2.2.0 cat.jpg --width 832 --height 480 --out cat.safetensors',
      what: 'for diffusers, at one size',
    },
  ],
  exitStatuses: [3, 6, 9, 130, 143],
  run: async (session, args) => {
    const [ref = '', image = ''] = args.operands;
    const out = args.text('out');
    if (out === undefined) throw usageError('missing_operand', 'wan models prepare-image needs --out', 'write `--out FILE.safetensors`');
    const [{ prepareImage }, { writeImageTensor }] = await Promise.all([
      import('../../pipeline/conditioning/prepare-image.ts'),
      import('../../pipeline/conditioning/write-image-tensor.ts'),
    ]);
    const paths = { image: resolve(session.io.cwd, image), out: resolve(session.io.cwd, out) };
    if (areOneFile(paths)) throw usageError('invalid_value', `--out ${out} is the image, which it would replace`, 'name another file');
    const prepared = await prepareImage(await session.orchestrator(), ref, paths.image, optionsOf(session, args));
    await writeImageTensor(paths.out, prepared);
    return { wire: () => prepareImageWire(prepared, paths), text: (screen) => prepareImageText(screen, prepared, paths.out) };
  },
};

function optionsOf(session: Session, args: ParsedArgs): PrepareImageOptions {
  const rule = args.text('rule') as ImageRule | undefined;
  const sizes = (['width', 'height', 'area'] as const).flatMap((name) => {
    const value = args.number(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...targetOptions(session, args), ...Object.fromEntries(sizes), ...(rule !== undefined && { rule }) };
}

function areOneFile(paths: Paths): boolean {
  const [image, out] = [paths.image, paths.out].map((path) => statSync(path, { throwIfNoEntry: false }));
  return image !== undefined && image.ino === out?.ino && image.dev === out.dev;
}

interface Paths {
  readonly image: string;
  readonly out: string;
}

function prepareImageWire(prepared: PreparedImage, { image, out }: Paths): Wire<typeof prepareImageData> {
  const { tensor: _, ref, source, ...plan } = prepared;
  return { ref: formatRef(ref), ...plan, out, source: { path: image, ...source } };
}

function prepareImageText(screen: Screen, { rule, source, resized, cropped, width, height }: PreparedImage, out: string): string {
  const from = `${source.width}x${source.height}`;
  const cut = resized.width === width && resized.height === height ? '' : `, cut to ${width}x${height} at ${cropped.left},${cropped.top}`;
  return [
    `${mark(screen, 'good')} ${out}`,
    `  (1, 3, ${height}, ${width}) by the rule ${rule}: ${from} made ${resized.width}x${resized.height}${cut}`,
  ].join('\n');
}
