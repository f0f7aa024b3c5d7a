/** The map file of a partial: a padded header and one mark a piece. Pure. */

import { pieceCount, SYNCED_MARK } from './piece-map.ts';
import { decodeRecord, encodeRecord } from './record.ts';

export const MAP_HEADER_BYTES = 32 * 1024;
const MAX_LABEL = 120;
const MAX_VALIDATOR = 200;

export interface PartialShape {
  readonly key: string;
  readonly sizeBytes: number;
  readonly pieceBytes: number;
}

export interface SourceEntry {
  readonly label: string;
  readonly validator?: string;
}

/** As written; snake_case on disk. */
export interface MapHeader {
  readonly format: 1;
  readonly key: string;
  readonly size: number;
  readonly piece_bytes: number;
  readonly boot_id: string;
  readonly sources: readonly SourceEntry[];
}

export interface DecodedMap {
  readonly header: MapHeader;
  /** Shared between threads; marks that did not survive a restart are cleared. */
  readonly marks: SharedArrayBuffer;
}

export function newHeader(shape: PartialShape, bootId: string): MapHeader {
  return { format: 1, key: shape.key, size: shape.sizeBytes, piece_bytes: shape.pieceBytes, boot_id: bootId, sources: [] };
}

/** The header's bytes, padded to {@link MAP_HEADER_BYTES}. */
export function encodeHeader(header: MapHeader): Buffer {
  const bytes = Buffer.alloc(MAP_HEADER_BYTES, ' ');
  const text = Buffer.from(encodeRecord(header));
  if (text.length > MAP_HEADER_BYTES) throw new Error(`the source table of partial ${header.key} is full`);
  text.copy(bytes);
  return bytes;
}

/** Undefined for a file that is torn, or of another size or piece size than asked for. */
export function decodeMap(file: Buffer, shape: PartialShape, bootId: string): DecodedMap | undefined {
  const header = decodeRecord<MapHeader>(file.toString('utf8', 0, MAP_HEADER_BYTES));
  if (header === undefined || !fits(header, shape)) return undefined;
  const marks = new SharedArrayBuffer(pieceCount(shape.sizeBytes, shape.pieceBytes));
  const bytes = new Uint8Array(marks);
  bytes.set(file.subarray(MAP_HEADER_BYTES, MAP_HEADER_BYTES + bytes.length));
  if (header.boot_id !== bootId) clearUnsynced(bytes);
  return { header: { ...header, boot_id: bootId }, marks };
}

/** What the table stores of a source: enough to know it again, bounded. */
export function sourceEntry(label: string, validator: string | undefined): SourceEntry {
  const known = validator !== undefined && validator.length <= MAX_VALIDATOR;
  return { label: label.slice(0, MAX_LABEL), ...(known && { validator }) };
}

const fits = (header: MapHeader, shape: PartialShape): boolean =>
  header.format === 1 && header.key === shape.key && header.size === shape.sizeBytes && header.piece_bytes === shape.pieceBytes;

function clearUnsynced(marks: Uint8Array): void {
  for (let piece = 0; piece < marks.length; piece++) if (((marks[piece] ?? 0) & SYNCED_MARK) === 0) marks[piece] = 0;
}
