/**
 * Headers of a tar archive of plain files, as POSIX has them (ustar; pax for the size of a file that has no room there). The same name and
 * size give the same bytes: no times, no owners. Nothing here reads tar: whoever knows what an archive must hold can compare.
 */

export const TAR_BLOCK_BYTES = 512;
/** Two blocks of zeros. */
export const TAR_END_BYTES = 2 * TAR_BLOCK_BYTES;
/** Eleven octal digits: 8 GiB less one byte. */
const MAX_USTAR_SIZE = 0o77777777777;
const MAX_NAME_BYTES = 100;

export interface TarFile {
  /** ASCII, at most 100 bytes, `/`-separated. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** All that stands before the file's bytes. */
export function tarHeader({ path, sizeBytes }: TarFile): Buffer {
  if (sizeBytes <= MAX_USTAR_SIZE) return block({ path, sizeBytes, type: '0' });
  const record = paxRecord('size', String(sizeBytes));
  const pax = block({ path: `PaxHeaders/${path.slice(-80)}`, sizeBytes: record.length, type: 'x' });
  return Buffer.concat([pax, record, Buffer.alloc(tarPaddingBytes(record.length)), block({ path, sizeBytes: 0, type: '0' })]);
}

/** Zeros between a file's last byte and the next header. */
export const tarPaddingBytes = (sizeBytes: number): number => (TAR_BLOCK_BYTES - (sizeBytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;

interface Header extends TarFile {
  readonly type: '0' | 'x';
}

function block({ path, sizeBytes, type }: Header): Buffer {
  if (!/^[ -~]+$/.test(path) || path.length > MAX_NAME_BYTES) throw new Error(`not a name for a tar header: ${path.slice(0, 120)}`);
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  header.write(path, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${octal(sizeBytes, 11)}\0`, 124, 'latin1');
  header.write(`${octal(0, 11)}\0`, 136, 'latin1');
  // The checksum is taken with spaces in its own place.
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

/** `{length} {key}={value}\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}
