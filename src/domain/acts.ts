/** What changes or removes something, and who did it: what the audit log is made of. */

/** Verbs that the audit log has a line for when they have changed something, or failed to. */
export type AuditedAct =
  | 'ensure'
  | 'rm'
  | 'gc'
  | 'repair'
  | 'rebuild'
  | 'pin'
  | 'unpin'
  | 'import'
  | 'export'
  | 'bundle.create'
  | 'bundle.apply'
  | 'tier.move'
  | 'tier.drop'
  | 'tier.new_id'
  | 'lock'
  | 'update'
  | 'add'
  | 'remove'
  | 'register'
  | 'annotate'
  | 'unregister'
  | 'upload.create'
  | 'upload.complete'
  | 'upload.abort'
  | 'registry.import'
  | 'auth.login'
  | 'auth.logout'
  | 'webhook.add'
  | 'webhook.remove'
  | 'webhook.enable'
  | 'config.trust'
  | 'config.distrust'
  | `http.${string}`;

/** Verbs that only find damage, or hold a model: their errors are counted, and they have no line. */
export type ActName = AuditedAct | 'verify' | 'scrub' | 'lease';

/** Numbers and names of an act for programs, snake_case keys. Never a secret. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** By which door somebody came in; `schedule`: nobody did, its time had come. */
export type Via = 'cli' | 'library' | 'http' | 'schedule';

/** Who acts on behalf of a program that serves several: the name of a token, a user. */
export interface CallActor {
  readonly via: Via;
  readonly name?: string;
}
