import { resolve } from 'node:path';
import { inspectBundle, verifyBundle } from '../../compose.ts';
import { appliedWire, createdWire, inspectedWire, verifiedWire } from '../../wire/bundle-wire.ts';
import { actOf } from '../act-of.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { appliedText, createdText, inspectedText, verifiedText } from '../render/bundle-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { withProgress } from '../with-progress.ts';

const TITLE = 'wan models bundle';

export const bundle: Command = {
  summary: 'Carry models to machines that no network reaches',
  description:
    '`create REF… --out PATH` writes complete models as one file, or with --part-size as a folder of parts; `inspect PATH` says what is in one, and its checksum, for people to compare; `apply PATH` makes its models real elsewhere, proven, without a socket. What was interrupted goes on where it stopped. A bundle is a tar archive: `tar tf` lists it.',
  schema: 'wan.models.bundle/v1',
  operands: {
    name: 'ACTION',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    actions: { create: 'ref', inspect: 'file', apply: 'file' },
    forms: ['create REF… --out PATH [--part-size SIZE]', 'inspect PATH', 'apply PATH [--verify-only] [--manifest-out FILE]'],
  },
  options: [
    { name: 'out', value: 'PATH', completes: 'file', summary: 'create: the file to write, or the folder for parts' },
    { name: 'part-size', value: 'SIZE', summary: 'create: cut it into parts of this size, for example 4G' },
    { name: 'verify-only', summary: 'apply: read every byte, say whether it is right, change nothing' },
    {
      name: 'manifest-out',
      value: 'FILE',
      completes: 'file',
      summary: "apply: put the bundle's models and pins into this manifest, made where it is not there",
    },
    { name: 'offline', summary: 'there for scripts: no action opens a socket' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models bundle create t2v-A14B@2.2.0 --out /mnt/usb/t2v --part-size 4G', what: 'for a stick that takes no large files' },
    { command: 'wan models bundle inspect /mnt/usb/t2v', what: 'is it the one that was made? compare the checksum' },
    { command: 'wan models bundle apply /mnt/usb/t2v', what: 'for a machine that has the manifest' },
    { command: 'wan models bundle apply models.wanb --manifest-out models.toml', what: 'for a machine that has nothing yet' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 9, 130, 143],
  run: (session, args) => actOf(args, { title: TITLE, acts: ACTIONS, own: OWN_OPTIONS })(session, args),
};

const ACTIONS: Readonly<Record<string, (session: Session, args: ParsedArgs) => Promise<Report>>> = {
  create,
  inspect,
  apply: (session, args) => (args.has('verify-only') ? verify(session, args) : apply(session, args)),
};

/** What each of them takes besides what all take. */
const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ['out', 'part-size'],
  inspect: [],
  apply: ['verify-only', 'manifest-out'],
};

async function create(session: Session, args: ParsedArgs): Promise<Report> {
  const out = args.text('out');
  if (out === undefined)
    throw usageError('missing_value', `${TITLE} create needs --out`, 'write --out FILE, or --out FOLDER --part-size 4G');
  const refs = args.operands.slice(1);
  if (refs.length === 0)
    throw usageError('missing_operand', `${TITLE} create needs to know which models`, `write \`${TITLE} create REF… --out PATH\``);
  const partBytes = args.sizeBytes('part-size');
  const orchestrator = await session.orchestrator();
  const options = { out: resolve(session.io.cwd, out), signal: session.signal, ...(partBytes && { partBytes }) };
  const created = await withProgress(session, (onEvent) => orchestrator.createBundle(refs, { ...options, onEvent }));
  return { wire: () => createdWire(created), text: (screen) => createdText(screen, created) };
}

async function inspect(session: Session, args: ParsedArgs): Promise<Report> {
  const inspected = await inspectBundle(pathOf(session, args), { signal: session.signal });
  return { wire: () => inspectedWire(inspected), text: (screen) => inspectedText(screen, inspected) };
}

async function verify(session: Session, args: ParsedArgs): Promise<Report> {
  const verified = await withProgress(session, (onEvent) => verifyBundle(pathOf(session, args), { signal: session.signal, onEvent }));
  return { wire: () => verifiedWire(verified), text: (screen) => verifiedText(screen, verified) };
}

async function apply(session: Session, args: ParsedArgs): Promise<Report> {
  const out = args.text('manifest-out');
  const manifestOut = out === undefined ? undefined : resolve(session.io.cwd, out);
  const path = pathOf(session, args);
  const orchestrator = await session.orchestrator(manifestOut);
  const options = { signal: session.signal, ...(manifestOut !== undefined && { manifestOut }) };
  const applied = await withProgress(session, (onEvent) => orchestrator.applyBundle(path, { ...options, onEvent }));
  return { wire: () => appliedWire(applied), text: (screen) => appliedText(screen, applied) };
}

function pathOf({ io }: Session, { operands }: ParsedArgs): string {
  const [action, path, extra] = operands;
  if (path === undefined) throw usageError('missing_operand', `${TITLE} ${action} needs a bundle`, `write \`${TITLE} ${action} PATH\``);
  if (extra !== undefined) throw usageError('unexpected_operand', `${TITLE} ${action} takes one bundle`, `see \`${TITLE} --help\``);
  return resolve(io.cwd, path);
}
