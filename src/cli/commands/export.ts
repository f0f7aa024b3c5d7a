import { resolve } from 'node:path';
import type { exportData } from '../../documents/export.ts';
import type { ExportReport } from '../../domain/export-results.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ExportOptions } from '../../orchestrator/api.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import type { Wire } from '../../wire/wire.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS, PROGRESS_OPTION } from '../common-options.ts';
import { mark, paint } from '../render/paint.ts';
import type { Screen } from '../render/screen.ts';
import { withProgress } from '../with-progress.ts';

const LINKS = ['auto', 'reflink', 'hard', 'copy'] as const;
const LAYOUTS = ['files', 'hf-cache'] as const;

export const exportVerb: Command = {
  summary: 'Write a complete, proven copy of a model outside of the store',
  description:
    'DIR appears with all of its files at once, each read where it lies then; what was interrupted goes on where it stopped. A DIR that holds anything else is refused. With --layout hf-cache DIR is a cache of the Hugging Face clients, which may hold other models.',
  schema: 'wan.models.export/v1',
  operands: { name: 'REF DIR', min: 2, max: 2, completes: 'ref', thenCompletes: 'directory', forms: ['[options] REF DIR'] },
  options: [
    ...PLACE_OPTIONS,
    {
      name: 'link',
      value: 'HOW',
      choices: LINKS,
      summary: 'auto shares blocks (reflink), else copies; hard keeps one file with the store, read-only',
    },
    { name: 'layout', value: 'KIND', choices: LAYOUTS, summary: 'how it is laid out (default: files)' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models export t2v-A14B@2.2.0 /mnt/usb/t2v', what: 'a folder that anything can read' },
    { command: 'wan models export t2v-A14B@2.2.0@bf16 ./t2v --link reflink', what: 'without a copy, or not at all' },
    {
      command: 'wan models export minilm@1.0.0 ~/.cache/huggingface/hub --layout hf-cache',
      what: 'for programs that ask the Hub, offline',
    },
  ],
  exitStatuses: [3, 5, 6, 7, 9, 130, 143],
  run: async (session, args) => {
    const [ref = '', directory = ''] = args.operands;
    const orchestrator = await session.orchestrator();
    const link = args.text('link') as ExportOptions['link'];
    const layout = args.text('layout') as ExportOptions['layout'];
    const options: ExportOptions = {
      ...targetOptions(session, args),
      to: resolve(session.io.cwd, directory),
      ...(link && { link }),
      ...(layout && { layout }),
    };
    const report = await withProgress(session, (onEvent) => orchestrator.export(ref, { ...options, onEvent }));
    return { wire: () => exportWire(report), text: (screen) => exportText(screen, report) };
  },
};

const exportWire = ({ ref, layout, path, totalBytes, written, files }: ExportReport): Wire<typeof exportData> => ({
  ref: formatRef(ref),
  layout,
  path,
  total_bytes: totalBytes,
  written,
  files: files.map(({ sizeBytes, ...file }) => ({ ...file, size_bytes: sizeBytes })),
});

function exportText(screen: Screen, { ref, path, totalBytes, written, files }: ExportReport): string {
  const copied = files.filter(({ way }) => way === 'copy').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const done = written ? `${formatBytes(copied)} of it copied` : 'it was there already';
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  return [
    `${mark(screen, 'good')} ${paint(screen, 'bold', formatRef(ref))} ${path}`,
    `  ${formatBytes(totalBytes)} in ${count}, ${done}; every file read and as its sha256 says`,
  ].join('\n');
}
