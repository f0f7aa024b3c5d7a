/**
 * Lockfile v1, the shape: schemas/lockfile.v1.json and the key tables of docs/lockfile.md are generated from this. Integers are bigints for
 * the reason that manifest-schema.ts gives. Importing this file costs the import of zod: only the cold path does.
 */
import { z } from 'zod';

export const LOCKFILE_VERSION = 1;

const text = z.string().min(1);
const count = z.bigint().min(0n).max(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const moment = z.iso.datetime();

const derivedSchema = z
  .strictObject({
    from: z.array(sha256).min(1).describe('sha256 of every file that it was made from, in the order in which they were read.'),
    dtype: text.describe('Number format of the derived weights: `bf16`.'),
    deriver: text.describe('What made it, with the version of its results: `wan-cast/1`. Another version makes other bytes.'),
    settings: z
      .record(z.string(), z.string())
      .optional()
      .describe('Whatever else decides the bytes: `{ rounding = "nearest-even" }`. Left out: nothing.'),
  })
  .describe('How a derived file was made: `derived = { from = ["…"], dtype = "bf16", deriver = "wan-cast/1" }`.');

const fileSchema = z
  .strictObject({
    path: text.describe('As in the manifest: inside the model directory, the component or the overlay.'),
    size: count.describe('Size in bytes.'),
    variants: z.array(text).min(1).optional().describe('As in the manifest: the file is that of these variants only.'),
    sha256: sha256
      .optional()
      .describe('sha256 of the file. Absent only where nobody publishes one and the file was not read (`--no-read`).'),
    by: z
      .enum(['manifest', 'upstream', 'bytes', 'deriver'])
      .describe(
        'How the digest became known: the manifest has it, the source publishes it, the bytes were read when they were locked, or the file was derived here.',
      ),
    etag: text.optional().describe('What the source calls these bytes, where it publishes no sha256.'),
    git_oid: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional()
      .describe('The git id of the file at its source, where git has the file itself.'),
    source: text.optional().describe("Where the file was found, where that is not the entry's source."),
    piece_root: sha256
      .optional()
      .describe('One number for the hashes of its 16 MiB pieces, where a machine that wrote this file had proven them.'),
    derived: derivedSchema.optional(),
  })
  .describe('One file, one line.');

const entrySchema = z
  .strictObject({
    digest: sha256.describe('sha256 of the rest of the entry: an entry that was edited by hand is not believed.'),
    request: sha256.describe(
      'sha256 of what the manifest asked for when this was locked: sources, patterns, files. Another one now: the entry is stale.',
    ),
    locked_at: moment.describe('When anything in this entry last changed.'),
    source: text.optional().describe('The source, as the manifest writes it, that the files were listed from.'),
    resolved: text.optional().describe('The same source at the revision it had: what `ensure` reads instead of `source`.'),
    revision: text.optional().describe('That revision: a commit, a tag.'),
    files: z.array(fileSchema).describe('Ordered by path.'),
  })
  .describe('The files of a model, a variant, an overlay or a component.');

const lockfileSchema = z
  .strictObject({
    lockfile_version: z.literal(BigInt(LOCKFILE_VERSION)).transform(Number).describe('Version of this format: 1.'),
    models: z
      .record(z.string(), entrySchema)
      .optional()
      .describe('By `name@version`; what a variant or an overlay has of its own by `name@version@variant` and `name@version@+overlay`.'),
    components: z.record(z.string(), entrySchema).optional().describe('By `name@version`.'),
  })
  .describe('wan-models lockfile, version 1 (`models.lock`).');

export const LOCK_SCHEMAS = { lockfile: lockfileSchema, lock_entry: entrySchema, lock_file: fileSchema, derived: derivedSchema };

export type LockedFile = Readonly<z.output<typeof fileSchema>>;
export type LockEntry = Readonly<Omit<z.output<typeof entrySchema>, 'files'> & { files: readonly LockedFile[] }>;
/** An entry without what is worked out from it. */
export type LockEntryBody = Omit<LockEntry, 'digest'>;
