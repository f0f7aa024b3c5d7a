/** Whether a thread could not be started since the machine, or the container, allows no more of them. */
export const isThreadLimit = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ERR_WORKER_INIT_FAILED';
