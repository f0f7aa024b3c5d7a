import { openOtlp } from '../../compose/otlp.ts';
import { createOrchestrator } from '../../compose.ts';
import type { Config } from '../../config/config.ts';
import { requireManifestPath } from '../../config/require-manifest-path.ts';
import { requireModelsRoot } from '../../config/require-models-root.ts';
import { ApiTokens } from '../../credentials/api-tokens.ts';
import type { serveData } from '../../documents/machine.ts';
import { asModelError, type ModelError } from '../../domain/errors.ts';
import type { EventSink } from '../../domain/events.ts';
import { newCorrelationId } from '../../observability/correlation-id.ts';
import { failureFields } from '../../observability/log-fields.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import type { ModelOrchestrator } from '../../orchestrator/api.ts';
import type { Otlp } from '../../telemetry/otlp/otlp.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { packageVersion } from '../package-version.ts';
import { serveText } from '../render/serve-text.ts';
import type { Report } from '../report.ts';
import { type ServiceLog, serviceLog } from '../service-log.ts';
import type { Session } from '../session.ts';

type Data = Wire<typeof serveData>;

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
    const log = serviceLog(config, session);
    const otlp = args.has('check') ? undefined : await collectorOf(config, log);
    const sinks = otlp === undefined ? [log.sink] : [log.sink, otlp.sink];
    const orchestrator = await createOrchestrator(config, { sinks, via: 'http' });
    try {
      return args.has('check') ? await check(config, orchestrator) : await run({ session, config, log, orchestrator, otlp, sinks });
    } finally {
      await orchestrator.close();
      await otlp?.close();
    }
  },
};

const collectorOf = (config: Config, log: ServiceLog): Promise<Otlp | undefined> =>
  openOtlp(config, {
    version: packageVersion(),
    isService: true,
    onTrouble: (message) => log.write({ ...record('service.trouble', message), level: 'WARN', warning_code: 'otlp_not_sent' }),
  });

async function check(config: Config, orchestrator: ModelOrchestrator): Promise<Report> {
  const { requireFreePort, requireToken, urlOf } = await import('../../service/binding.ts');
  await requireToken(config, new ApiTokens(config));
  await requireFreePort(config);
  const data = { ...(await describe(config, orchestrator)), url: urlOf(config.apiHost, config.apiPort), checked: true };
  return { wire: () => data, text: (screen) => serveText(screen, data) };
}

interface Run {
  readonly session: Session;
  readonly config: Config;
  readonly log: ServiceLog;
  readonly orchestrator: ModelOrchestrator;
  readonly otlp: Otlp | undefined;
  /** Receive every event of every call and job. */
  readonly sinks: readonly EventSink[];
}

async function run({ session, config, log, orchestrator, otlp, sinks }: Run): Promise<Report> {
  const [{ createService }, { answerRecord }, { createJobRunner }, { runWebhookSender }] = await Promise.all([
    import('../../service/create-service.ts'),
    import('../../service/answer-record.ts'),
    import('../../compose/jobs.ts'),
    import('../../compose/webhooks.ts'),
  ]);
  const about = await describe(config, orchestrator);
  const tokens = new ApiTokens(config);
  const onTrouble = (error: unknown): void => log.write(troubleRecord(asModelError(error)));
  const onAnswer = (answer: Parameters<typeof answerRecord>[0]): void => log.write(answerRecord(answer));
  const told = { onAnswer, onTrouble, tracing: otlp, logTail: log.tail };
  const service = await createService({ orchestrator, config, tokens, version: packageVersion(), ...told });
  const stop = new AbortController();
  const besides: Promise<void>[] = [];
  try {
    const url = await service.listen();
    const signal = AbortSignal.any([session.signal, stop.signal]);
    besides.push(createJobRunner(config, { sinks }).run({ signal }).catch(onTrouble), runWebhookSender(config, { signal, onTrouble }));
    log.write(record('http.listening', `listening on ${url}: ${about.model_count} models, ${about.token_count} tokens`));
    await aborted(session.signal);
    log.write(record('http.stopping', 'stopping: requests under way end, and what is held is kept'));
    const data = { ...about, url, checked: false };
    return { wire: () => data, text: () => '' };
  } finally {
    stop.abort();
    await Promise.all([service.close(), ...besides]);
  }
}

/** @throws ModelError where configuration or manifest cannot be used */
async function describe(config: Config, orchestrator: ModelOrchestrator): Promise<Omit<Data, 'url' | 'checked'>> {
  const { anonymousAt } = await import('../../service/binding.ts');
  const known = new ApiTokens(config);
  const { tokens } = await known.list();
  const configured = anonymousAt(config);
  return {
    models_root: requireModelsRoot(config),
    manifest: requireManifestPath(config),
    model_count: (await orchestrator.listModels()).length,
    token_count: tokens.length,
    anonymous: configured === 'auto' ? ((await known.wereMade()) ? 'none' : 'read') : configured,
  };
}

const record = (event: 'http.listening' | 'http.stopping' | 'service.trouble', message: string): LogRecord => ({
  timestamp: new Date().toISOString(),
  level: 'INFO',
  message,
  correlation_id: newCorrelationId(),
  event,
});

/** Requests go on being answered: what could not be done beside them is told here. */
const troubleRecord = (error: ModelError): LogRecord => ({
  ...record('service.trouble', error.message),
  level: 'ERROR',
  ...failureFields(error),
});

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
