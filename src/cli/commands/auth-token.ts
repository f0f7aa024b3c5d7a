import { idOfToken, SCOPES, type Scope } from '../../credentials/api-token.ts';
import { ApiTokens } from '../../credentials/api-tokens.ts';
import type { authTokenData } from '../../documents/auth.ts';
import { ModelError } from '../../domain/errors.ts';
import { parseMoment } from '../../util/parse-moment.ts';
import type { Wire } from '../../wire/wire.ts';
import { actOf } from '../act-of.ts';
import type { Command } from '../command.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { tokenListText, tokenMadeText, tokensRevokedText } from '../render/token-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';

type Data<Action extends string> = Extract<Wire<typeof authTokenData>, { readonly action: Action }>;

const TITLE = 'wan auth token';

export const authToken: Command = {
  summary: 'Make, list and revoke the tokens that `wan serve` lets in',
  description:
    '`create NAME` makes one and shows it, once; `list` shows which there are; `revoke NAME|ID…` takes them back, at once. Only a hash is kept, in your configuration. As soon as there is one, the service answers nobody without.',
  schema: 'wan.auth.token/v1',
  operands: {
    name: 'ACTION',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    actions: { create: 'nothing', list: 'nothing', revoke: 'nothing' },
    forms: ['create NAME [--scope SCOPE] [--expires WHEN]', 'list', 'revoke NAME|ID…'],
    isPrivate: true,
  },
  options: [
    { name: 'scope', value: 'SCOPE', choices: SCOPES, summary: 'create: what it lets one do, read (the default), write or admin' },
    { name: 'expires', value: 'WHEN', summary: 'create: from then on it lets nobody in: 90d, or 2099-12-31' },
  ],
  examples: [
    { command: 'wan auth token create gateway --scope write --expires 90d', what: 'for another service' },
    { command: 'wan auth token create ci --json | jq -r .data.token', what: 'for scripts' },
    { command: 'wan auth token list', what: 'which there are' },
    { command: 'wan auth token revoke gateway', what: 'lock it out' },
  ],
  exitStatuses: [3, 8, 9],
  run: (session, args) => actOf(args, { title: TITLE, acts: ACTIONS })(session, args),
};

const ACTIONS: Readonly<Record<string, (session: Session, args: ParsedArgs) => Promise<Report>>> = { create, list, revoke };

async function create(session: Session, args: ParsedArgs): Promise<Report> {
  const [, name, extra] = args.operands;
  if (name === undefined) throw usageError('missing_operand', `${TITLE} create needs a name for it`, `write \`${TITLE} create NAME\``);
  if (extra !== undefined) throw usageError('unexpected_operand', `${TITLE} create makes one at a time`, `write \`${TITLE} create NAME\``);
  const expiresAt = expiryOf(args);
  const scope = (args.text('scope') ?? 'read') as Scope;
  const { token, about } = await new ApiTokens(await session.config()).create({ name, scope, ...(expiresAt && { expiresAt }) });
  const data: Data<'create'> = { action: 'create', ...about, token: token.reveal() };
  return { wire: () => data, text: (screen) => tokenMadeText(screen, data) };
}

function expiryOf(args: ParsedArgs): Date | undefined {
  const text = args.text('expires');
  if (text === undefined) return undefined;
  const ms = parseMoment(text, Date.now());
  if (ms !== undefined && ms > Date.now()) return new Date(ms);
  throw usageError('invalid_value', `--expires ${JSON.stringify(text)} is no moment to come`, 'write 90d, or a date such as 2099-12-31');
}

async function list(session: Session): Promise<Report> {
  const { tokens, broken } = await new ApiTokens(await session.config()).list();
  const data: Data<'list'> = { action: 'list', tokens, broken: broken.map(({ path, error }) => ({ path, problem: error.message })) };
  return { wire: () => data, text: (screen) => tokenListText(screen, data), ...(broken[0] && { error: broken[0].error }) };
}

/** Whoever has only the token itself can take that back, too. */
async function revoke(session: Session, args: ParsedArgs): Promise<Report> {
  const tokens = new ApiTokens(await session.config());
  const names = args.operands.slice(1).map((word) => idOfToken(word) ?? word);
  if (names.length === 0) throw usageError('missing_operand', `${TITLE} revoke needs a name or an id`, `see \`${TITLE} list\``);
  const revoked: string[] = [];
  for (const name of names) {
    const gone = await tokens.revoke(name);
    if (gone.length === 0) throw unknown(revoked);
    revoked.push(...gone);
  }
  const data: Data<'revoke'> = { action: 'revoke', revoked };
  return { wire: () => data, text: (screen) => tokensRevokedText(screen, data) };
}

/** What stands there by mistake may be a secret. */
function unknown(revoked: readonly string[]): ModelError {
  const done = revoked.length === 0 ? '' : `; revoked were ${revoked.join(', ')}`;
  return new ModelError('INVALID_INPUT', `there is no token of that name or id${done}`, {
    reason: 'token_not_found',
    hint: `see \`${TITLE} list\``,
  });
}
