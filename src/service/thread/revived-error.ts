import { type ErrorDocument, ModelError } from '../../domain/errors.ts';

/** As another thread told it. */
export const revived = ({ code, message, ...options }: ErrorDocument): ModelError => new ModelError(code, message, options);
