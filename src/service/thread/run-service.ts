/** The service with its jobs and webhooks, on a thread of its own: whatever file system hangs, hangs this thread and not the one that answers. */
import type { MessagePort } from 'node:worker_threads';
import { createJobRunner } from '../../compose/jobs.ts';
import { openOtlp } from '../../compose/otlp.ts';
import { runWebhookSender } from '../../compose/webhooks.ts';
import { createOrchestrator } from '../../compose.ts';
import type { Config } from '../../config/config.ts';
import { ApiTokens } from '../../credentials/api-tokens.ts';
import { asModelError } from '../../domain/errors.ts';
import type { EventSink } from '../../domain/events.ts';
import { failureFields } from '../../observability/log-fields.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import { LogTail } from '../../observability/log-tail.ts';
import { isLogged, logSink } from '../../observability/log-writer.ts';
import { redactValue } from '../../observability/redact-value.ts';
import type { ModelOrchestrator } from '../../orchestrator/api.ts';
import type { Otlp } from '../../telemetry/otlp/otlp.ts';
import { PortSocket } from '../../util/port-socket.ts';
import { answerRecord } from '../answer-record.ts';
import { createService } from '../create-service.ts';
import { describeService } from '../describe-service.ts';
import { serviceRecord } from '../service-record.ts';
import type { FromThread, ToThread } from './protocol.ts';

export interface RunService {
  readonly config: Config;
  readonly version: string;
  readonly port: MessagePort;
}

/** Until it is told to end. @throws ModelError where configuration or manifest cannot be used */
export async function runService({ config, version, port }: RunService): Promise<void> {
  const log = threadLog(config, (message) => port.postMessage(message));
  const otlp = await openOtlp(config, {
    ...{ version, isService: true },
    onTrouble: (message) => log.write({ ...trouble(message), level: 'WARN', warning_code: 'otlp_not_sent' }),
  });
  const sinks = otlp === undefined ? [log.sink] : [log.sink, otlp.sink];
  const orchestrator = await createOrchestrator(config, { sinks, via: 'http' });
  try {
    await serve({ config, version, port, log, otlp, sinks, orchestrator });
  } finally {
    await orchestrator.close();
    await otlp?.close();
  }
}

interface Serve extends RunService {
  readonly log: ThreadLog;
  readonly otlp: Otlp | undefined;
  /** Receive every event of every call and job. */
  readonly sinks: readonly EventSink[];
  readonly orchestrator: ModelOrchestrator;
}

async function serve({ config, version, port, log, otlp, sinks, orchestrator }: Serve): Promise<void> {
  const about = await describeService(config, orchestrator);
  const models = (await orchestrator.listModels({ manifestOnly: true })).map(({ modelId, defaultVariant: variant }) => ({
    modelId,
    variant,
  }));
  const onTrouble = (error: unknown): void => {
    const failure = asModelError(error);
    log.write({ ...trouble(failure.message), ...failureFields(failure) });
  };
  const service = await createService({
    ...{ orchestrator, config, version, onTrouble, tokens: new ApiTokens(config), tracing: otlp, logTail: log.tail },
    onAnswer: (answer) => log.write(answerRecord(answer)),
  });
  const [stop, end] = [new AbortController(), Promise.withResolvers<void>()];
  port.on('message', (message: ToThread) => {
    if (message.type === 'connect') service.app.server.emit('connection', new PortSocket(message.port, message.remoteAddress));
    else if (message.type === 'logged') log.keep(message.record);
    else if (message.type === 'stop') stop.abort();
    else end.resolve();
  });
  port.postMessage({ type: 'ready', about, models } satisfies FromThread);
  const { signal } = stop;
  signal.addEventListener('abort', () => service.stop(), { once: true });
  const besides = [createJobRunner(config, { sinks }).run({ signal }), runWebhookSender(config, { signal, onTrouble })].map((one) =>
    one.catch(onTrouble),
  );
  await end.promise;
  stop.abort();
  await Promise.all([service.close(), ...besides]);
}

interface ThreadLog {
  readonly sink: EventSink;
  readonly write: (record: LogRecord) => void;
  /** Of a line that is written already. */
  readonly keep: (record: LogRecord) => void;
  readonly tail: LogTail;
}

/** Lines are written by the main thread; the last of them are kept here, for those who ask the service. */
function threadLog({ logLevel }: Config, post: (message: FromThread) => void): ThreadLog {
  const tail = new LogTail();
  const keep = (record: LogRecord): void => {
    if (isLogged(record, logLevel)) tail.add(record);
  };
  const take = (record: LogRecord): void => {
    if (!isLogged(record, logLevel)) return;
    tail.add(record);
    post({ type: 'log', line: JSON.stringify(record) });
  };
  return { sink: logSink(take), write: (record) => take(redactValue(record) as LogRecord), keep, tail };
}

/** Requests go on being answered: what could not be done beside them is told here. */
const trouble = (message: string): LogRecord => serviceRecord('ERROR', 'service.trouble', message);
