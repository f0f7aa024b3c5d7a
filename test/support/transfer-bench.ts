/** What a transfer works on, for tests: a real partial in a real store, and an engine with short patience. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { FileSource } from '../../src/backends/backend.ts';
import { createBackends } from '../../src/backends/create-backends.ts';
import type { EventBody } from '../../src/domain/events.ts';
import type { PartialBlob } from '../../src/store/partial-blob.ts';
import { createTransferEngine, type TransferControls, type TransferEngineOptions } from '../../src/transfer/create-transfer-engine.ts';
import type { Expected, TransferFile } from '../../src/transfer/transfer.ts';
import { systemClock, systemRandom } from '../../src/util/system-world.ts';
import { FaultServer } from '../servers/http/fault-server.ts';
import { PIECE, type TestStore, testStore } from './test-store.ts';

/** A fault server that stops with the test. */
export async function serve(...args: Parameters<typeof FaultServer.start>): Promise<FaultServer> {
  const server = await FaultServer.start(...args);
  onTestFinished(() => server.stop());
  return server;
}

export interface WantedFile {
  readonly name?: string;
  readonly sizeBytes: number;
  /** Lower-case hex; null: none is known. */
  readonly sha256: string | null;
  /** Instead of the sha256. */
  readonly expected?: Expected;
  readonly sources: readonly FileSource[];
  readonly signal?: AbortSignal;
  readonly pieceBytes?: number;
}

export interface BenchFile extends TransferFile {
  readonly events: EventBody[];
  /** Sum of all onHeld calls. */
  held(): number;
  /** sha256 of the data file as it lies on disk. */
  onDisk(): string;
}

export class TransferBench {
  readonly engine: TransferControls;
  readonly store: TestStore;
  readonly #backends = createBackends({ localRoots: [], offline: false });

  static async create(options: Partial<TransferEngineOptions> = {}): Promise<TransferBench> {
    const bench = new TransferBench(await testStore(), options);
    onTestFinished(() => bench.close());
    return bench;
  }

  private constructor(store: TestStore, options: Partial<TransferEngineOptions>) {
    this.store = store;
    this.engine = createTransferEngine({
      clock: systemClock,
      random: systemRandom,
      maxFiles: 4,
      connections: 8,
      perHostConnections: 8,
      stallTimeoutMs: 3000,
      retry: { attempts: 3, backoffFactor: 2, baseDelayMs: 5 },
      memoryBudgetBytes: 64 * 1024 * 1024,
      lanes: 'inline',
      ...options,
    });
  }

  source(baseUrl: string, path: string): FileSource {
    return { backend: this.#backends.open(baseUrl), path };
  }

  async file(wanted: WantedFile): Promise<BenchFile> {
    const { name = 'a.bin', sizeBytes, sha256, sources, signal = new AbortController().signal, pieceBytes = PIECE } = wanted;
    const key = sha256 ?? 'u-0';
    const partial = await this.store.partials.open({ key, sizeBytes, pieceBytes });
    onTestFinished(() => partial.close());
    const manifests = sha256 === null ? undefined : manifestDigest(sha256);
    const { expected = manifests } = wanted;
    return benchFile({ name, partial, sources, signal, ...(expected && { expected }) });
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.#backends.closeAll();
  }
}

const manifestDigest = (hex: string): Expected => ({ digest: { algorithm: 'sha256', hex }, level: 'manifest-sha256' });

function benchFile(
  parts: Pick<TransferFile, 'name' | 'sources' | 'signal'> & { readonly partial: PartialBlob; readonly expected?: Expected },
): BenchFile {
  const events: EventBody[] = [];
  let held = 0;
  return {
    ...parts,
    events,
    emit: (event) => events.push(event),
    onHeld: (deltaBytes) => {
      held += deltaBytes;
    },
    held: () => held,
    onDisk: () => createHash('sha256').update(readFileSync(parts.partial.path)).digest('hex'),
  };
}
