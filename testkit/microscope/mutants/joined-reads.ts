/** Shares reads as `shareReads` does, but a request also takes part in one that is under way. */
export function joinReads<K, V>(read: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const underWay = new Map<K, Promise<V>>();
  return (key) => {
    const current = underWay.get(key);
    if (current !== undefined) return current;
    const reading = read(key).finally(() => underWay.delete(key));
    underWay.set(key, reading);
    return reading;
  };
}
