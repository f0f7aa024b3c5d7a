/** The raw connections of one lane, reused per origin and trust. */
import { RawConnection, type RawServer, type ReadSpace } from './raw-connection.ts';

/** An idle connection is closed after this long: most servers close theirs after 5 s or more. */
const IDLE_MS = 4000;

export interface ConnectionPoolOptions {
  /** Largest read. */
  readonly bufferBytes: number;
  /** Largest read for now. */
  readonly usableBytes: () => number;
}

/** Where a read is posted before its bytes are there, each connection needs a buffer of its own. */
const SHARES_BUFFER = process.platform !== 'win32';

export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #idle = new Map<RawConnection, NodeJS.Timeout>();
  readonly #all = new Set<RawConnection>();
  #buffer: Buffer | undefined;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  take(server: RawServer, fresh: boolean): { readonly connection: RawConnection; readonly reused: boolean } {
    for (const [connection, timer] of fresh ? [] : this.#idle) {
      if (!connection.leadsTo(server)) continue;
      clearTimeout(timer);
      this.#idle.delete(connection);
      return { connection, reused: true };
    }
    const connection = new RawConnection(server, this.#space(), (closed) => this.#forget(closed));
    this.#all.add(connection);
    return { connection, reused: false };
  }

  /** Call when its answer is complete; a connection that cannot be used again has closed itself. */
  give(connection: RawConnection): void {
    if (!connection.isIdle) return;
    const timer = setTimeout(() => connection.destroy(), IDLE_MS);
    timer.unref();
    this.#idle.set(connection, timer);
  }

  close(): void {
    for (const connection of [...this.#all]) connection.destroy();
  }

  /**
   * One buffer for all connections of the lane: elsewhere a read fills it and hands it on in one go, and what was hashed and written a
   * moment ago is still in the cache of the core.
   */
  #space(): ReadSpace {
    if (!SHARES_BUFFER || this.#buffer === undefined) this.#buffer = Buffer.allocUnsafeSlow(this.#options.bufferBytes);
    return { buffer: this.#buffer, usableBytes: this.#options.usableBytes };
  }

  #forget(connection: RawConnection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    this.#all.delete(connection);
  }
}
