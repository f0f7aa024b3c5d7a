import type { EventEnvelope } from '../domain/events.ts';

/** Of which model an event is, under the names of the wire formats. */
export interface ModelFields {
  /** `name@version`, or what else the event is about. */
  readonly model_id?: string;
  readonly variant?: string;
  readonly overlay?: string;
}

/** A reference leaves out the variant where it is the default one; the event may know it. */
export function modelFields({ model, variant: meant }: Pick<EventEnvelope, 'model' | 'variant'>): ModelFields {
  if (model === undefined) return {};
  const [base = '', overlay] = model.split('@+');
  const [name = '', version, named] = base.split('@');
  const variant = meant ?? named;
  return {
    model_id: version === undefined ? name : `${name}@${version}`,
    ...(variant !== undefined && { variant }),
    ...(overlay !== undefined && { overlay }),
  };
}
