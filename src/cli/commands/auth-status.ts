import { type CredentialLine, describeCredentials } from '../../credentials/describe-credentials.ts';
import type { authStatusData } from '../../documents/auth.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-statuses.ts';
import { authStatusText } from '../render/auth-text.ts';

export const authStatus: Command = {
  summary: 'Show which credentials there are, for which service, and from where',
  description:
    'Stored ones, those of the environment and of the token file of the Hugging Face clients, masked. Asks no service. One that cannot be used as it is has a line too, and makes the exit status 8. What the AWS SDK finds by itself (profiles, single sign-on, roles) is not listed.',
  schema: 'wan.auth.status/v1',
  options: [],
  examples: [
    { command: 'wan auth status', what: 'what would be sent, and where' },
    { command: "wan auth status --json | jq '.data.credentials[] | select(.used)'", what: 'for scripts' },
  ],
  exitStatuses: [EXIT.credentials, 9],
  run: async (session) => {
    const lines = await describeCredentials(await session.config());
    const isSound = lines.every(({ isBroken }) => isBroken === undefined);
    return {
      wire: () => wire(lines),
      text: (screen) => authStatusText(screen, lines, Date.now()),
      ...(!isSound && { exitStatus: EXIT.credentials }),
    };
  },
};

const wire = (lines: readonly CredentialLine[]): Wire<typeof authStatusData> => ({
  credentials: lines.map(({ service, origin, from, shown, isUsed, isBroken, account, expiresAt, note }) => ({
    service,
    origin,
    from,
    shown,
    used: isUsed,
    ...(isBroken && { broken: isBroken }),
    ...(account !== undefined && { account }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(note !== undefined && { note }),
  })),
});
