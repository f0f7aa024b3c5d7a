const MB = 1e6;

/** With two digits behind the point, for people. */
export const megabytes = (bytes: number): number => Math.round((bytes / MB) * 100) / 100;
