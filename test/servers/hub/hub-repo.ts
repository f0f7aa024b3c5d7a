/** A repository of the Hub that stands in: commits that never change, names for them, and what the Hub knows of each file. */
import { createHash } from 'node:crypto';
import { type Content, sha256Hex } from '../http/content.ts';

export interface StoredFile {
  readonly path: string;
  readonly content: Content;
  /** Git id of the blob; of an LFS file that of its pointer. */
  readonly oid: string;
  /** Absent: in git itself. */
  readonly lfs?: LfsObject;
}

export interface LfsObject {
  readonly sha256: string;
  readonly pointerSize: number;
  /** Absent: it is not in Xet storage. */
  readonly xetHash?: string;
}

export interface Commit {
  readonly id: string;
  readonly files: ReadonlyMap<string, StoredFile>;
}

const LFS_NAMES = /\.(?:safetensors|bin|pth|pt|gguf|onnx)$/;

export class HubRepo {
  readonly refs = new Map<string, string>();
  readonly commits = new Map<string, Commit>();
  isPrivate = false;
  isGated = false;
  isDisabled = false;
  /** What the model is for. */
  pipeline = 'text-to-video';
  /** False: its large files are not in Xet storage; of those that are committed from then on. */
  isXet = true;
  /** By what Xet storage knows the bytes, by their sha256: a word of ours where no real storage has them. */
  xetHashOf: (sha256: string) => string = (sha256) => createHash('sha256').update(`xet ${sha256}`).digest('hex');

  /** Puts files over those that the branch has; undefined removes one. */
  commit(branch: string, changes: Readonly<Record<string, Content | undefined>>): Commit {
    const parent = this.commits.get(this.refs.get(branch) ?? '');
    const files = new Map(parent?.files);
    for (const [path, content] of Object.entries(changes)) {
      if (content === undefined) files.delete(path);
      else files.set(path, storedFile(path, content, this.isXet ? this.xetHashOf : () => undefined));
    }
    const tree = [...files.values()].map(({ path, oid }) => `${path} ${oid}`).join('\n');
    const id = sha1(`tree ${tree}\nparent ${parent?.id ?? 'none'} ${this.commits.size}`);
    const commit = { id, files };
    this.commits.set(id, commit);
    this.refs.set(branch, id);
    return commit;
  }

  /** Branch, tag, `refs/…` or commit. */
  find(revision: string): Commit | undefined {
    const name = revision === 'HEAD' ? 'main' : revision.replace(/^refs\/(?:heads|tags)\//, '');
    return this.commits.get(this.refs.get(name) ?? revision);
  }
}

function storedFile(path: string, content: Content, xetHashOf: (sha256: string) => string | undefined): StoredFile {
  if (!LFS_NAMES.test(path)) return { path, content, oid: gitOid(content.read(0, content.sizeBytes)) };
  const sha256 = sha256Hex(content);
  const pointer = Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${content.sizeBytes}\n`);
  const xetHash = xetHashOf(sha256);
  return { path, content, oid: gitOid(pointer), lfs: { sha256, pointerSize: pointer.length, ...(xetHash !== undefined && { xetHash }) } };
}

/** What `git hash-object` says. */
export const gitOid = (bytes: Uint8Array): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
