/** One request handed to the thread of the service, and its answer handed back: head and body as they are, each no faster than the other side reads. */
import { type ClientRequest, type IncomingMessage, request as requestTo, type ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { fsError } from '../../domain/fs-error.ts';
import type { PortSocket } from '../../util/port-socket.ts';
import { tellCutOff, watchCutOff } from '../thread/cut-off.ts';
import { takePassed, tellSent } from '../thread/passed-file.ts';

/** Of one hop, which ours is not: each side's HTTP sees to its own. */
const OF_ONE_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'expect', 'te', 'trailer'],
]);

export interface RelayOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connect: () => PortSocket;
  /** Whether the connection ends with this answer. */
  readonly isLast: () => boolean;
  /** Told of the answer, before any of it is handed back. */
  readonly onAnswer?: (answer: IncomingMessage) => void;
}

export class Relay {
  /** Whether anything of the answer has come. */
  #isBegun = false;
  readonly sinceMs = performance.now();
  readonly #request: IncomingMessage;
  readonly #upstream: ClientRequest;
  #isAbandoned = false;

  constructor({ request, response, connect, isLast, onAnswer }: RelayOptions) {
    const { method, url } = request;
    const socket = connect();
    const cutOff = watchCutOff(request);
    let file: Readable | undefined;
    takePassed(socket, (bytes) => {
      file = bytes;
    });
    const upstream = requestTo({ method, path: url, headers: toHandOver(request), createConnection: () => socket });
    upstream.on('response', (answer) => {
      this.#isBegun = true;
      onAnswer?.(answer);
      if (isLast()) response.shouldKeepAlive = false;
      beginAnswer(answer, response);
      if (file === undefined) handBack(answer, response);
      else handBackFile(file, { answer, response, socket });
    });
    // What broke off there breaks off here.
    upstream.on('error', () => {
      if (!this.#isBegun && !this.#isAbandoned) response.destroy();
    });
    response.once('close', () => {
      request.unpipe(upstream);
      // What is left of the body makes room for the next request.
      request.resume();
      if (response.writableFinished) return;
      // Where it did not fail by then, what ends it is that the client has left.
      tellCutOff(socket, { ...cutOff(), ...(file?.errored && { failure: fsError(file.errored, 'read the file') }) });
      upstream.destroy();
    });
    request.pipe(upstream);
    this.#request = request;
    this.#upstream = upstream;
  }

  /** Nobody waits for its answer any more: it is for the caller to give one. Only before it has begun. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#request.unpipe(this.#upstream);
    this.#upstream.destroy();
  }
}

function beginAnswer({ statusCode = 502, statusMessage, rawHeaders }: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  response.writeHead(statusCode, statusMessage, forwarded(rawHeaders, 'transfer-encoding'));
}

function handBack(answer: IncomingMessage, response: ServerResponse): void {
  answer.once('error', () => response.destroy());
  answer.pipe(response);
  response.flushHeaders();
}

interface Answered {
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: PortSocket;
}

/** The answer has a head alone, and ends when it is told to: without the bytes that it names, which is no error. */
function handBackFile(file: Readable, { answer, response, socket }: Answered): void {
  answer.on('error', () => undefined).resume();
  pipeline(file, response, (error) => {
    if (!error) tellSent(socket);
  });
  response.flushHeaders();
}

/** Node would take a POST of no length for one whose body comes in chunks: one without a body says so. */
function toHandOver({ rawHeaders, headers, method = 'GET' }: IncomingMessage): string[] {
  const isLengthKnown = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  const mayHaveBody = !['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method);
  return [...forwarded(rawHeaders), ...(mayHaveBody && !isLengthKnown ? ['content-length', '0'] : [])];
}

/** Names and values in turn, as they were written. */
function forwarded(rawHeaders: readonly string[], ...besides: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (!OF_ONE_HOP.has(name.toLowerCase()) && !besides.includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
