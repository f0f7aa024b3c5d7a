/** The Windows Subsystem for Linux: the same folder has a Linux and a Windows name. */

/** @param procVersion the text of /proc/version */
export const isWsl = (procVersion: string): boolean => /microsoft|wsl/i.test(procVersion);

/** `/mnt/d/models` -> `D:\models`. Only what lies on a mounted drive has a Windows name of this kind. */
export function toWindowsPath(path: string): string | undefined {
  const match = /^\/mnt\/([a-z])(?:\/(.*))?$/s.exec(path);
  if (!match) return undefined;
  const [, drive = '', rest = ''] = match;
  return rest.includes('\\') ? undefined : `${drive.toUpperCase()}:\\${rest.replaceAll('/', '\\')}`;
}

/** `D:\models` -> `/mnt/d/models`. */
export function fromWindowsPath(path: string): string | undefined {
  const match = /^([A-Za-z]):[\\/](.*)$/s.exec(path);
  if (!match) return undefined;
  const [, drive = '', rest = ''] = match;
  const folder = `/mnt/${drive.toLowerCase()}`;
  return rest === '' ? folder : `${folder}/${rest.replaceAll('\\', '/')}`;
}
