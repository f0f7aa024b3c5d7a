/** The Hub's addresses: which repository, revision and file one means. */
export interface Place {
  readonly type: string;
  readonly id: string;
  /** `org/name`, or `datasets/org/name`. */
  readonly name: string;
  readonly verb: string;
  readonly revision: string;
  readonly rest: string;
}

const API =
  /^\/api\/(?<type>model|dataset|space)s\/(?<id>[^/]+\/[^/]+)(?:\/(?<verb>revision|tree|paths-info|refs|xet-read-token)(?:\/(?<revision>[^/]+)(?:\/(?<rest>.+))?)?)?$/;
const CACHE = /^\/api\/(?<verb>resolve-cache)\/(?<type>model|dataset|space)s\/(?<id>[^/]+\/[^/]+)\/(?<revision>[^/]+)\/(?<rest>.+)$/;
const FILE = /^\/(?:(?<type>dataset|space)s\/)?(?<id>[^/]+\/[^/]+)\/(?<verb>resolve)\/(?<revision>[^/]+)\/(?<rest>.+)$/;

export function placeOf(pathname: string): Place | undefined {
  const groups = (API.exec(pathname) ?? CACHE.exec(pathname) ?? FILE.exec(pathname))?.groups;
  if (groups === undefined) return undefined;
  const { type = 'model', id = '', verb = 'revision', revision = 'main', rest = '' } = groups;
  return { type, id, name: type === 'model' ? id : `${type}s/${id}`, verb, revision, rest };
}
