/**
 * `wan serve` until it is told to stop. This thread takes requests and signals, and touches no file of the store: it goes on where the thread of
 * the service hangs in the kernel.
 */
import type { Config } from '../../config/config.ts';
import { requireManifestPath } from '../../config/require-manifest-path.ts';
import { requireModelsRoot } from '../../config/require-models-root.ts';
import type { serveData } from '../../documents/machine.ts';
import { asModelError, isModelError } from '../../domain/errors.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import { redactValue } from '../../observability/redact-value.ts';
import { urlOf } from '../../service/binding.ts';
import type { Front } from '../../service/front/front.ts';
import { serviceRecord } from '../../service/service-record.ts';
import type { ServiceThread } from '../../service/thread/service-thread.ts';
import type { Wire } from '../../wire/wire.ts';
import { logWriter } from '../log-writer.ts';
import { packageVersion } from '../package-version.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { endBySignal } from './end-by-signal.ts';

type Data = Wire<typeof serveData>;

/** How long requests under way have, once it is told to stop. */
const GRACE_MS = 10_000;

export async function runService(session: Session, config: Config): Promise<Report> {
  const [{ Front }, { ServiceThread }, { areClosed }] = await Promise.all([
    import('../../service/front/front.ts'),
    import('../../service/thread/service-thread.ts'),
    import('../../service/thread/passed-file.ts'),
  ]);
  const write = logWriter(config, session);
  const version = packageVersion();
  const tell = (told: LogRecord): void => {
    const record = redactValue(told) as LogRecord;
    write(record);
    thread.tell({ type: 'logged', record });
  };
  const front = new Front({ config, version, onLog: tell });
  const thread = new ServiceThread({ input: session.configInput(), version, onLog: write, onTick: () => front.look() });
  front.serveFrom(thread);
  const report = await reportOf(() => serve({ session, config, front, thread, tell }));
  if ((await thread.end()) && (await areClosed())) return thread.ended.then(() => report, failed);
  tell(serviceRecord('WARN', 'service.trouble', 'what is under way does not end: it is cut off, and what is held is kept'));
  return { ...report, afterwards: async () => endBySignal(signalOf(session)) };
}

interface Serve {
  readonly session: Session;
  readonly config: Config;
  readonly front: Front;
  readonly thread: ServiceThread;
  readonly tell: (record: LogRecord) => void;
}

/** @throws ModelError where it cannot start, or its thread died */
async function serve({ session, config, front, thread, tell }: Serve): Promise<Data> {
  // Where nothing can be looked at yet, that can be asked for all the same.
  const ready = await Promise.race([thread.ready, front.silence.begun, aborted(session.signal)]);
  const url = session.signal.aborted ? urlOf(config.apiHost, config.apiPort) : await front.listen();
  if (!session.signal.aborted) {
    const what = ready === undefined ? 'the models cannot be looked at yet' : counts(ready.about);
    tell(serviceRecord('INFO', 'http.listening', `listening on ${url}: ${what}`));
  }
  await Promise.race([aborted(session.signal), thread.ended]);
  tell(serviceRecord('INFO', 'http.stopping', 'stopping: requests under way end, and what is held is kept'));
  // A second one does not wait.
  session.handOver(endBySignal);
  thread.tell({ type: 'stop' });
  await front.close(GRACE_MS);
  return { ...notLookedAt(config), ...ready?.about, url, checked: false };
}

async function reportOf(run: () => Promise<Data>): Promise<Report> {
  try {
    const data = await run();
    return { wire: () => data, text: () => '' };
  } catch (error) {
    return failed(error);
  }
}

const failed = (error: unknown): Report => ({ text: () => '', error: asModelError(error) });

const counts = ({ model_count, token_count }: Pick<Data, 'model_count' | 'token_count'>): string =>
  `${model_count === 1 ? '1 model' : `${model_count} models`}, ${token_count === 1 ? '1 token' : `${token_count} tokens`}`;

const notLookedAt = (config: Config): Omit<Data, 'url' | 'checked'> => ({
  ...{ models_root: requireModelsRoot(config), manifest: requireManifestPath(config) },
  ...{ model_count: 0, token_count: 0, anonymous: 'none' },
});

/** By which it was told to stop. */
const signalOf = ({ signal: { reason } }: Session): NodeJS.Signals =>
  isModelError(reason, 'CANCELLED') && reason.reason === 'sigint' ? 'SIGINT' : 'SIGTERM';

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
