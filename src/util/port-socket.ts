/** A connection from one thread to another, as a stream each way; who writes waits for who reads. */
import { Duplex } from 'node:stream';
import type { MessagePort, Transferable } from 'node:worker_threads';

interface Told {
  readonly told: unknown;
}

/** Bytes, how many of the other side's bytes were read, that no more come, or what is said beside them. */
type Message = Uint8Array<ArrayBuffer> | number | null | Told;

/** So much may be on its way, not read yet. */
const WINDOW_BYTES = 32 * 1024;
const BUFFER_BYTES = 16 * 1024;

export class PortSocket extends Duplex {
  /** Of whoever the connection is made for. */
  readonly remoteAddress: string | undefined;
  readonly #port: MessagePort;
  #bytesWritten = 0;
  #unreadBytes = 0;
  #readBytes = 0;
  #afterwards: (() => void) | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(port: MessagePort, remoteAddress?: string) {
    super({ highWaterMark: BUFFER_BYTES, emitClose: true });
    this.remoteAddress = remoteAddress;
    this.#port = port;
    port.on('message', (message: Message) => this.#take(message));
    port.once('close', () => this.destroy());
  }

  /** As of a socket: those that were handed over, whether they were read or not. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** As of a socket: `timeout` is emitted where nothing comes or goes for so long; 0: never. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    clearTimeout(this.#idle);
    this.#idle = ms > 0 ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined;
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    return this;
  }

  /** Beside the bytes: the other side has it as the event `told`, before any byte that is written later. @param handedOver is theirs then */
  tell(told: unknown, handedOver: readonly Transferable[] = []): void {
    this.#port.postMessage({ told } satisfies Told, handedOver);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _read(): void {
    if (this.#readBytes > 0) this.#port.postMessage(this.#readBytes);
    this.#readBytes = 0;
  }

  override _final(done: () => void): void {
    this.#port.postMessage(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#port.close();
    done(error);
  }

  /** One message for all of them: a buffer of its own, which is handed over and not copied again. */
  #send(chunks: readonly Buffer[], done: () => void): void {
    this.#idle?.refresh();
    const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#bytesWritten += at;
    this.#unreadBytes += bytes.length;
    this.#port.postMessage(bytes, [bytes.buffer]);
    if (this.#unreadBytes < WINDOW_BYTES) done();
    else this.#afterwards = done;
  }

  #take(message: Message): void {
    this.#idle?.refresh();
    if (typeof message === 'number') this.#heed(message);
    else if (message === null) this.push(null);
    else if ('told' in message) this.emit('told', message.told);
    else this.#receive(message);
  }

  #heed(readBytes: number): void {
    this.#unreadBytes -= readBytes;
    if (this.#unreadBytes >= WINDOW_BYTES) return;
    const afterwards = this.#afterwards;
    this.#afterwards = undefined;
    afterwards?.();
  }

  #receive({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): void {
    this.#readBytes += length;
    if (this.push(Buffer.from(buffer, byteOffset, length))) this._read();
  }
}
