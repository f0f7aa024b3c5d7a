import type { ScrubOptions } from '../../orchestrator/api.ts';
import { scrubFault } from '../../orchestrator/report-faults.ts';
import { scrubWire } from '../../wire/scrub-wire.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION, SUBSET_OPTION } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { scrubText } from '../render/scrub-text.ts';
import { withProgress } from '../with-progress.ts';

export const scrub: Command = {
  summary: 'Read every byte of the store again, the longest unread first, and mark what rotted',
  description:
    'Works on the blobs: the bytes of files, kept once for all models, whatever the manifest names now. What is found bad shows in status until `repair` mends it; nothing is removed. Killed or interrupted, the same command goes on where it was. On volumes without hard links, `verify` reads the copies that models have; what lies in tiers is read by `tier status --verify`.',
  schema: 'wan.models.scrub/v1',
  options: [
    SUBSET_OPTION,
    { name: 'max-age', value: 'TIME', summary: 'only blobs that nobody has read for so long, for example 30d' },
    { name: 'limit-rate', value: 'SIZE', summary: 'read at most this many bytes a second, for example 200M' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models scrub', what: 'everything' },
    { command: 'wan models scrub --max-age 30d --limit-rate 200M', what: 'each night: what nobody has read for a month, gently' },
    { command: 'wan models scrub --subset 1/7', what: 'a seventh, for a job of each weekday' },
  ],
  exitStatuses: [5, 7, 9, 130, 143],
  run: async (session, args) => {
    const options = scrubOptions(args);
    const orchestrator = await session.orchestrator();
    const report = await withProgress(session, (onEvent) => orchestrator.scrub({ ...options, signal: session.signal, onEvent }));
    const error = scrubFault(report);
    return { wire: () => scrubWire(report), text: (screen) => scrubText(screen, report), ...(error && { error }) };
  },
};

function scrubOptions(args: ParsedArgs): ScrubOptions {
  const subset = args.subset('subset');
  const maxAgeMs = args.durationMs('max-age');
  const limitRateBytesPerSecond = args.sizeBytes('limit-rate');
  return {
    ...(subset !== undefined && { subset }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
  };
}
