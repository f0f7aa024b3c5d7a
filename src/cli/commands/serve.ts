import { createOrchestrator } from '../../compose.ts';
import type { Config } from '../../config/config.ts';
import { ApiTokens } from '../../credentials/api-tokens.ts';
import type { Command } from '../command.ts';
import { serveText } from '../render/serve-text.ts';
import type { Report } from '../report.ts';
import { runService } from '../serve/run-service.ts';

export const serve: Command = {
  summary: 'Let other programs see and steer the models over HTTP',
  description:
    'Listens on 127.0.0.1:8005 until it is stopped; the log goes to standard error. On any address that other machines can reach it needs a token first (`wan auth token create`). Ctrl-C or SIGTERM lets requests under way end for ten seconds, and keeps what is held; a second one ends it at once. See docs/service.md.',
  schema: 'wan.serve/v1',
  options: [
    { name: 'host', value: 'ADDRESS', summary: 'the address to listen on (api_host, MODEL_API_HOST)' },
    { name: 'port', value: 'NUMBER', summary: 'the port to listen on, 0 for any free one (api_port, MODEL_API_PORT)' },
    { name: 'check', summary: 'only say whether it would start: is the configuration good, and the port free?' },
  ],
  examples: [
    { command: 'wan serve', what: 'for this machine alone' },
    { command: 'wan serve --check', what: 'would it start?' },
    { command: 'wan serve --host 0.0.0.0 --port 8005', what: 'for others, once there is a token' },
  ],
  exitStatuses: [8, 9],
  run: async (session, args) => {
    const config = await session.config();
    return args.has('check') ? check(config) : runService(session, config);
  },
};

async function check(config: Config): Promise<Report> {
  const { requireFreePort, requireToken, urlOf } = await import('../../service/binding.ts');
  const { describeService } = await import('../../service/describe-service.ts');
  const orchestrator = await createOrchestrator(config, { via: 'http' });
  try {
    await requireToken(config, new ApiTokens(config));
    await requireFreePort(config);
    const data = { ...(await describeService(config, orchestrator)), url: urlOf(config.apiHost, config.apiPort), checked: true };
    return { wire: () => data, text: (screen) => serveText(screen, data) };
  } finally {
    await orchestrator.close();
  }
}
