import { z } from 'zod';

/** A JSON object all of which may be left out, the body itself too; what nobody knows is let through. */
export const bodyOf = <Shape extends z.ZodRawShape>(shape: Shape) => z.preprocess((body) => body ?? {}, z.object(shape));
