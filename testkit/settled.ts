/** Lets everything go on that waits for nothing but what has already happened. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
