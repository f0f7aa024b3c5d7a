/** The service in this process, on a port of its own, and a client that tells what came back. */
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { ModelEnsurer } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Scope } from '../../src/credentials/api-token.ts';
import { ApiTokens } from '../../src/credentials/api-tokens.ts';
import { LogTail } from '../../src/observability/log-tail.ts';
import type { ModelOrchestrator } from '../../src/orchestrator/api.ts';
import type { Answer } from '../../src/service/answer.ts';
import { PROBLEM_TYPE } from '../../src/service/contract/problem.ts';
import { createService, type Service } from '../../src/service/create-service.ts';
import type { ModelWorld } from './model-fixture.ts';

export interface TestServiceOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly logTail?: LogTail;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
  /** The answer of a request that went well, held against its schema. */
  as<Schema extends z.ZodType>(schema: Schema): z.output<Schema>;
}

export interface TestService {
  readonly url: string;
  readonly port: number;
  readonly service: Service;
  readonly orchestrator: ModelOrchestrator;
  readonly tokens: ApiTokens;
  /** Of every request so far that was answered. */
  readonly answers: readonly Answer[];
  /** @param path from `/` on */
  ask(path: string, init?: RequestInit): Promise<TestAnswer>;
  /** A new token, as a header. */
  bearer(scope: Scope): Promise<{ readonly authorization: string }>;
}

export async function testService(world: ModelWorld, { env = {}, logTail = new LogTail() }: TestServiceOptions = {}): Promise<TestService> {
  const whole = { ...world.env, MODEL_API_PORT: '0', ...env };
  const config = await loadConfig({ env: whole, cwd: world.directory, homeDir: world.directory });
  const orchestrator = await ModelEnsurer.fromConfig({ env: whole, cwd: world.directory });
  const tokens = new ApiTokens(config);
  const answers: Answer[] = [];
  const onAnswer = (answer: Answer): void => void answers.push(answer);
  const service = await createService({ orchestrator, config, tokens, version: '0.0.0', onAnswer, logTail });
  const url = await service.listen();
  onTestFinished(async () => {
    await service.close(100);
    await orchestrator.close();
  });
  const { port } = service.app.server.address() as AddressInfo;
  return {
    ...{ url, port, service, orchestrator, tokens, answers },
    ask: (path, init) => answerOf(`${url}${path}`, init),
    bearer: async (scope) => {
      const { token } = await tokens.create({ name: `${scope} ${crypto.randomUUID()}`.slice(0, 40), scope });
      return { authorization: `Bearer ${token.reveal()}` };
    },
  };
}

/** Whether it stands alone: a whole command is for who runs the service. */
export const namesFlag = (hint: string): boolean => /(?:^|[\s`])--[a-z]/.test(hint.replace(/`wan [^`]+`/g, ''));

async function answerOf(url: string, init: RequestInit = {}): Promise<TestAnswer> {
  const response = await fetch(url, { redirect: 'error', ...init });
  const text = await response.text();
  const hint = response.headers.get('content-type')?.startsWith(PROBLEM_TYPE) ? String(JSON.parse(text).hint) : '';
  if (namesFlag(hint)) throw new Error(`${url} tells who calls it of an option of the command line: ${hint}`);
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: () => JSON.parse(text),
    as: (schema) => {
      if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
      const [given, known] = [JSON.parse(text) as unknown, schema.parse(JSON.parse(text))];
      if (!isDeepStrictEqual(given, known)) throw new Error(`${url} has keys that its schema does not know: ${text}`);
      return known;
    },
  };
}
