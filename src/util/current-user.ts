import { userInfo } from 'node:os';

/** The name of the user of this process; `uid 1000` for a user id without an entry in the user database, as in many containers. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
