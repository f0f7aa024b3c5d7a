import type { Reservation } from '../store/reservations.ts';
import type { SpaceHold } from './api.ts';

/** Reserves when first asked; a warm run never asks. */
export class LazyHold implements SpaceHold {
  readonly #reserve: () => Promise<Reservation>;
  #reserved: Promise<Reservation> | undefined;

  constructor(reserve: () => Promise<Reservation>) {
    this.#reserve = reserve;
  }

  reserve(): Promise<Reservation> {
    this.#reserved ??= this.#reserve();
    return this.#reserved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [made] = await Promise.allSettled([this.#reserved]);
    if (made.status === 'fulfilled') await made.value?.end();
  }
}
