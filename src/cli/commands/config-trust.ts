import type { Config } from '../../config/config.ts';
import { describeConfig } from '../../config/describe-config.ts';
import { distrustProjectFile, trustProjectFile } from '../../credentials/trust-project.ts';
import type { configTrustData } from '../../documents/machine.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { originText, trustText } from '../render/config-text.ts';

export const configTrust: Command = {
  summary: "Let this project's wan.toml and .env decide where your credentials go",
  description:
    'Without it, what they say of proxies, certificate authorities and credentials is not in force, and an endpoint that they name gets none of your credentials but those that you stored for it. They are trusted as they are now: after a change, of a CA file that they name too, they have to be trusted anew.',
  schema: 'wan.config.trust/v1',
  options: [{ name: 'revoke', summary: 'trust them no longer, in no state' }],
  examples: [
    { command: 'wan config show', what: 'what is held back here' },
    { command: 'wan config trust', what: 'let it count' },
    { command: 'wan config trust --revoke', what: 'let it count no longer' },
  ],
  exitStatuses: [9],
  run: async (session, args) => {
    const config = await session.config();
    const revoke = args.has('revoke');
    const files = config.projectFiles.filter((file) => revoke || !file.isTrusted);
    for (const file of files) await (revoke ? distrustProjectFile(file) : trustProjectFile(file));
    const paths = files.map(({ path }) => path).join(', ');
    if (files.length > 0) await session.recordAct(revoke ? 'config.distrust' : 'config.trust', { files: paths });
    const data: Wire<typeof configTrustData> = {
      files: config.projectFiles.map(({ path }) => path),
      trusted: !revoke && config.projectFiles.length > 0,
      settings: revoke ? [] : settingsOf(config),
    };
    return { wire: () => data, text: (screen) => trustText(screen, data) };
  },
};

/** What counts from now on. */
const settingsOf = (config: Config): Wire<typeof configTrustData>['settings'] =>
  describeConfig(config).flatMap(({ key, shown, origin, heldBack }) => {
    if (heldBack !== undefined) return [{ key, value: heldBack.shown, origin: originText(heldBack.origin) }];
    return origin.untrusted === undefined ? [] : [{ key, value: shown, origin: originText(origin) }];
  });
