/** What stands in queries: text, made into values and held to bounds. */
import { z } from 'zod';

/** Also as Python writes it. */
export const flag = z
  .enum(['true', 'false', '1', '0', 'True', 'False'])
  .transform((text) => text === 'true' || text === '1' || text === 'True')
  .meta({ description: 'true or false' });

/** A whole number. */
export const whole = (min: number, max: number) => z.coerce.number<string>().int().min(min).max(max);

/** Of a name or text that a caller looks for. */
export const text = z.string().max(256);

/** Any number; what it may be is judged where it is used. */
export const number = z.coerce.number<string>();
