/** Whether a request of that method asks, and changes nothing. */
export const isReading = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';
