/** For answers that never end by themselves: whether their caller would still be let in. Tokens are revoked, and run out, while somebody watches. */
import type { Access, Door } from './caller.ts';

const LOOK_MS = 2000;

interface Watch {
  /** The header, as it was sent. */
  readonly authorization: string | undefined;
  readonly access: Access;
  readonly onLost: () => void;
}

export class Standing {
  readonly #door: Door;
  readonly #watches = new Set<Watch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(door: Door) {
    this.#door = door;
  }

  /** @returns what ends the watch */
  watch(watch: Watch): () => void {
    this.#watches.add(watch);
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS).unref();
    return () => {
      this.#watches.delete(watch);
      if (this.#watches.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Many who watch with one token cost one look. */
  async #look(): Promise<void> {
    const groups = Map.groupBy(this.#watches, ({ authorization, access }) => `${access} ${authorization ?? ''}`);
    for (const group of groups.values()) {
      if (await this.#isLetIn(group[0] as Watch)) continue;
      for (const { onLost } of group) onLost();
    }
  }

  /** Whatever goes wrong, nobody stays in by it; with the next request they are told what it was. */
  async #isLetIn({ authorization, access }: Watch): Promise<boolean> {
    try {
      this.#door.check(await this.#door.callerOf(authorization), access);
      return true;
    } catch {
      return false;
    }
  }
}
