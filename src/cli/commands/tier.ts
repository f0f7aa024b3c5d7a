import { ModelError } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { TierMove, TierReport } from '../../domain/tiers.ts';
import type { ModelOrchestrator, TierMoveOptions } from '../../orchestrator/api.ts';
import { newIdWire, tierMovesWire, tierStatusWire } from '../../wire/tier-wire.ts';
import { failuresOf, type Tried, tryEach } from '../../wire/tried.ts';
import { actOf } from '../act-of.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS, PROGRESS_OPTION } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { newIdText, tierDropsText, tierMovesText, tierStatusText } from '../render/tier-text.ts';
import { endedWith, type Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { withProgress } from '../with-progress.ts';

const TITLE = 'wan models tier';

export const tier: Command = {
  summary: 'Keep models that nobody uses now on a slower disk, or in S3',
  description:
    '`status [REF…]` says what lies in which tier, and what the policy would move; `move REF… --to NAME` moves models there, `--to fast` brings them back and clears the tier, `move --policy` does what the policy says; `drop REF…` takes copies out of their tier; `new-id` is for a MODELS_ROOT that is a copy of another one, before it uses its tiers. A model goes only when every byte of it was proven where it went. `wan models ensure` brings it back by itself. Tiers are configured in wan.toml: docs/tiers.md.',
  schema: 'wan.models.tier/v1',
  operands: {
    name: 'ACTION',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    actions: { status: 'ref', move: 'ref', drop: 'ref', 'new-id': 'nothing' },
    forms: ['status [--verify] [REF…]', 'move REF… --to NAME', 'move --policy', 'drop [--force] REF…', 'new-id'],
  },
  options: [
    { name: 'to', value: 'NAME', completes: 'tier', summary: 'move: the tier to move to; fast is MODELS_ROOT' },
    { name: 'policy', summary: 'move: every model whose time has come, to the tier that says so' },
    { name: 'dry-run', short: 'n', summary: 'move: only say what would be done' },
    { name: 'verify', summary: 'status: read every byte that lies in the tiers' },
    { name: 'force', summary: 'drop: also where it is the only copy' },
    ...PLACE_OPTIONS,
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models tier status', what: 'what lies where, and what the policy says' },
    { command: 'wan models tier move t2v-A14B@2.2.0 --to cold', what: 'make room' },
    { command: 'wan models tier move --policy --dry-run', what: 'what a nightly job would do' },
    { command: 'wan models tier move t2v-A14B@2.2.0 --to fast', what: 'bring it back for good' },
    { command: 'wan models tier status --verify --json', what: 'for a weekly job: is all of it still right?' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, 130, 143],
  run: (session, args) => actOf(args, { title: TITLE, acts: ACTIONS, own: OWN_OPTIONS })(session, args),
};

const ACTIONS: Readonly<Record<string, (session: Session, args: ParsedArgs) => Promise<Report>>> = { status, move, drop, 'new-id': newId };

/** What each of them takes besides what all take. */
const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  status: ['verify'],
  move: ['to', 'policy', 'dry-run'],
  drop: ['force'],
  'new-id': [],
};

async function status(session: Session, args: ParsedArgs): Promise<Report> {
  const orchestrator = await session.orchestrator();
  const options = { signal: session.signal, ...(args.has('verify') && { verify: true }) };
  const report = await orchestrator.tierStatus(args.operands.slice(1), options);
  const error = faultError(report) ?? unasked(report);
  return { wire: () => tierStatusWire(report), text: (screen) => tierStatusText(screen, report), ...(error && { error }) };
}

/** What was to be verified, and could not be asked, is not verified. */
function unasked({ models }: TierReport): ModelError | undefined {
  const unread = models.filter(({ notVerified }) => notVerified !== undefined);
  const [first] = unread;
  if (first === undefined) return undefined;
  const { ref, tier, notVerified } = first;
  return new ModelError('SOURCE_UNAVAILABLE', `${formatRef(ref)} was not verified in the tier ${tier}: ${notVerified}`, {
    reason: 'tier_absent',
    retryable: false,
    hint: `mount its volume, or correct [tiers.${tier}] in wan.toml`,
    details: { tier, refs: unread.map((model) => formatRef(model.ref)) },
  });
}

function faultError({ models }: TierReport): ModelError | undefined {
  const bad = models.filter(({ faults = [] }) => faults.length > 0);
  const [first] = bad;
  if (first === undefined) return undefined;
  const places = bad.flatMap(({ faults = [] }) => faults.map(({ place }) => place));
  return new ModelError('CHECKSUM_FAIL', `${formatRef(first.ref)} is not whole in the tier ${first.tier}: ${places[0]}`, {
    reason: 'tier_blob_bad',
    hint: `run \`wan models ensure ${formatRef(first.ref)}\`, then \`${TITLE} move ${formatRef(first.ref)} --to ${first.tier}\`: what is bad there is written anew`,
    details: { places },
  });
}

async function move(session: Session, args: ParsedArgs): Promise<Report> {
  const refs = args.operands.slice(1);
  const isByPolicy = args.has('policy');
  const to = args.text('to');
  if (isByPolicy && (refs.length > 0 || to !== undefined)) {
    throw usageError('conflicting_options', '--policy chooses models and tiers by itself', `write \`${TITLE} move --policy\` alone`);
  }
  if (!isByPolicy && (refs.length === 0 || to === undefined)) {
    throw usageError(
      'missing_operand',
      `${TITLE} move needs to know which models, and where to`,
      `write \`${TITLE} move REF --to NAME\`, or \`--policy\``,
    );
  }
  const orchestrator = await session.orchestrator();
  const orders = isByPolicy ? await byPolicy(orchestrator, session) : new Map(refs.map((ref) => [ref, { to: to ?? '' }]));
  const dryRun = args.has('dry-run');
  const act = (ref: string, onEvent: TierMoveOptions['onEvent']): Promise<TierMove> => {
    const { because, ...order } = orders.get(ref) as Order;
    const options = { ...targetOptions(session, args), ...order, ...(onEvent && { onEvent }), ...(dryRun && { dryRun }) };
    return orchestrator.moveToTier(ref, options).then((moved) => ({ ...(because !== undefined && { because }), ...moved }));
  };
  const tried = await shown(session, [...orders.keys()], act);
  return { wire: () => tierMovesWire('move', tried), text: (screen) => tierMovesText(screen, tried), ...endedWith(failuresOf(tried)) };
}

interface Order {
  readonly to: string;
  readonly byPolicy?: boolean;
  readonly because?: string;
}

async function byPolicy(orchestrator: ModelOrchestrator, session: Session): Promise<ReadonlyMap<string, Order>> {
  const { models } = await orchestrator.tierStatus([], { signal: session.signal });
  return new Map(
    models.flatMap(({ ref, wouldMove }) => (wouldMove === undefined ? [] : [[formatRef(ref), { ...wouldMove, byPolicy: true }] as const])),
  );
}

async function drop(session: Session, args: ParsedArgs): Promise<Report> {
  const refs = args.operands.slice(1);
  if (refs.length === 0) throw usageError('missing_operand', `${TITLE} drop needs to know which models`, `write \`${TITLE} drop REF\``);
  const orchestrator = await session.orchestrator();
  const force = args.has('force');
  const tried = await shown(session, refs, (ref, onEvent) =>
    orchestrator.dropFromTier(ref, { ...targetOptions(session, args), ...(onEvent && { onEvent }), ...(force && { force }) }),
  );
  return { wire: () => tierMovesWire('drop', tried), text: (screen) => tierDropsText(screen, tried), ...endedWith(failuresOf(tried)) };
}

async function newId(session: Session, args: ParsedArgs): Promise<Report> {
  if (args.operands.length > 1) throw usageError('unexpected_operand', `${TITLE} new-id takes no models`, `write \`${TITLE} new-id\``);
  const orchestrator = await session.orchestrator();
  const renewed = await orchestrator.newTierId({ signal: session.signal });
  return { wire: () => newIdWire(renewed), text: (screen) => newIdText(screen, renewed) };
}

async function shown(
  session: Session,
  refs: readonly string[],
  act: (ref: string, onEvent: TierMoveOptions['onEvent']) => Promise<TierMove>,
): Promise<readonly Tried<TierMove>[]> {
  return withProgress(session, (onEvent) => tryEach(refs, session.signal, (ref) => act(ref, onEvent)));
}
