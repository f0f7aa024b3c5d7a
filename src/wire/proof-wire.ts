import type { upstream } from '../documents/envelope.ts';
import { type FileProof, formatDigest } from '../domain/published-digest.ts';
import type { Wire } from './wire.ts';

/** To be spread into a file: nothing where no source said what its bytes must hash to. */
export const upstreamWire = ({ upstream: said }: Pick<FileProof, 'upstream'>): { readonly upstream?: Wire<typeof upstream> } =>
  said === undefined ? {} : { upstream: { digest: formatDigest(said), source: said.source } };
