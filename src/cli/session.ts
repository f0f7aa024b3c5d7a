/** What a verb works with: configuration and orchestrator, made when first asked for, and the way to be stopped. */
import { resolve } from 'node:path';
import { isOtlpWanted } from '../compose/otlp-endpoint.ts';
import { createOrchestrator } from '../compose.ts';
import type { Config, ConfigFlags } from '../config/config.ts';
import { type LoadConfigInput, loadConfig } from '../config/load-config.ts';
import type { AuditedAct, Facts } from '../domain/acts.ts';
import { asModelError, type ModelError } from '../domain/errors.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';
import type { ModelOrchestrator } from '../orchestrator/api.ts';
import { type InputWatch, watchInput } from './input-watch.ts';
import type { Io } from './io.ts';
import type { ParsedArgs } from './parsed-args.ts';
import { StatusArea } from './progress/status-area.ts';
import type { SessionTelemetry } from './session-telemetry.ts';
import type { SignalWatch } from './signals.ts';
import { stderrLog } from './stderr-log.ts';

export interface SessionOptions {
  readonly io: Io;
  readonly args: ParsedArgs;
  readonly signal: AbortSignal;
  /** Gives signals to a command that this one runs; absent where none can come. */
  readonly handOver?: SignalWatch['handOver'];
  /** The command line as typed, for the line that resumes it. */
  readonly argv: readonly string[];
  /** "wan models ensure" */
  readonly title: string;
}

export class Session {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly handOver: SignalWatch['handOver'];
  readonly argv: readonly string[];
  readonly title: string;
  /** Everything that is written to stderr while a verb works goes through here. */
  readonly area: StatusArea;
  readonly isQuiet: boolean;
  readonly noColor: boolean;
  readonly #args: ParsedArgs;
  readonly #input: InputWatch | undefined;
  #correlationId = newCorrelationId();
  #config: Promise<Config> | undefined;
  #orchestrator: Promise<ModelOrchestrator> | undefined;
  #telemetry: Promise<SessionTelemetry | undefined> | undefined;

  constructor({ io, args, signal, argv, title, handOver = () => () => undefined }: SessionOptions) {
    this.io = io;
    this.#input = args.has('stop-with-stdin') ? watchInput(io.stdin, signal) : undefined;
    this.signal = this.#input?.signal ?? signal;
    this.handOver = handOver;
    this.argv = argv;
    this.title = title;
    this.area = new StatusArea(() => io.stderr);
    this.isQuiet = args.has('quiet');
    this.noColor = args.has('no-color');
    this.#args = args;
  }

  /** Of all that this command does; final once its configuration is loaded. */
  get correlationId(): string {
    return this.#correlationId;
  }

  /** Where traces and metrics go; undefined where nowhere. Opened when first asked for. */
  telemetry(): Promise<SessionTelemetry | undefined> {
    this.#telemetry ??= this.#openTelemetry();
    return this.#telemetry;
  }

  /** What ties all that this command causes to it. */
  async callIds(): Promise<{ readonly correlationId: string; readonly traceparent?: string }> {
    const traceparent = (await this.telemetry())?.traceparent ?? (await this.config()).traceparent;
    return { correlationId: this.#correlationId, ...(traceparent !== undefined && { traceparent }) };
  }

  /** @throws ModelError INVALID_CONFIG naming every problem. */
  readonly config = (): Promise<Config> => {
    this.#config ??= this.#loadConfig();
    return this.#config;
  };

  /** @param manifestPath where none is configured: of a manifest that a verb is about to make */
  orchestrator(manifestPath?: string): Promise<ModelOrchestrator> {
    this.#orchestrator ??= this.#compose(manifestPath);
    return this.#orchestrator;
  }

  /** What a verb did beside the orchestrator. That it could not be put on record is told, and changes nothing else. */
  async recordAct(act: AuditedAct, facts: Facts): Promise<void> {
    try {
      const { recordAct } = await import('../compose/telemetry.ts');
      await recordAct(await this.config(), { act, facts, actor: { via: 'cli' }, correlationId: this.#correlationId });
    } catch (error) {
      this.area.line(`warning: not in the audit log: ${act}: ${asModelError(error).message}`);
    }
  }

  /** @param error what the command ends with */
  async close(error?: ModelError): Promise<void> {
    this.#input?.stop();
    const made = await Promise.allSettled([this.#orchestrator]);
    for (const one of made) if (one.status === 'fulfilled') await one.value?.close();
    const [telemetry] = await Promise.allSettled([this.#telemetry]);
    if (telemetry.status === 'fulfilled') await telemetry.value?.close(error);
  }

  /** What the configuration is loaded from, for a thread that loads it too. */
  configInput(): Required<Pick<LoadConfigInput, 'env' | 'cwd' | 'flags'>> {
    const { env, cwd } = this.io;
    const configFile = this.#args.text('config');
    return { env: configFile === undefined ? env : { ...env, WAN_CONFIG: configFile }, cwd, flags: this.#flags() };
  }

  async #openTelemetry(): Promise<SessionTelemetry | undefined> {
    if (!isOtlpWanted(await this.config())) return undefined;
    const { openTelemetry } = await import('./session-telemetry.ts');
    return openTelemetry(this);
  }

  async #loadConfig(): Promise<Config> {
    const config = await loadConfig(this.configInput());
    this.#correlationId = config.correlationId ?? this.#correlationId;
    return config;
  }

  #flags(): ConfigFlags {
    const path = (name: string): string | undefined => {
      const text = this.#args.text(name);
      return text === undefined ? undefined : resolve(this.io.cwd, text);
    };
    return {
      modelsRoot: path('root'),
      manifestPath: path('manifest'),
      environment: this.#args.text('environment') as ConfigFlags['environment'],
      logLevel: this.#logLevel(),
      correlationId: this.#args.correlationId('correlation-id'),
      logFormat: this.#args.text('log-format') as ConfigFlags['logFormat'],
      noColor: this.#args.has('no-color') || undefined,
      progress: this.#args.text('progress') as ConfigFlags['progress'],
      python: this.#python(),
      apiHost: this.#args.text('host'),
      apiPort: this.#args.port('port'),
    };
  }

  /** A path, or a name that PATH is searched for. */
  #python(): string | undefined {
    const text = this.#args.text('python');
    return text !== undefined && /[\\/]/.test(text) ? resolve(this.io.cwd, text) : text;
  }

  #logLevel(): ConfigFlags['logLevel'] {
    const asked = this.#args.text('log-level') as ConfigFlags['logLevel'];
    return asked ?? (this.#args.has('quiet') ? 'error' : undefined);
  }

  async #compose(manifestPath: string | undefined): Promise<ModelOrchestrator> {
    const config = await this.config();
    const log = stderrLog(config, this);
    const inForce = { ...config, manifestPath: config.manifestPath ?? manifestPath };
    const telemetry = await this.telemetry();
    const sinks = [log, telemetry?.sink].filter((sink) => sink !== undefined);
    return createOrchestrator(inForce, { via: 'cli', ...(await this.callIds()), sinks });
  }
}
