import { isVariantName } from '../../domain/model-ref.ts';
import { pathFault } from '../../domain/path-rules.ts';

/** A name that is one folder or file on every platform, too. */
export const isFolderName = (name: string): boolean => isVariantName(name) && pathFault(name) === undefined;
