import { Counter, Gauge, type Registry } from 'prom-client';
import { type ConnectionObserver, END_REASONS } from '../transport/connection/connection-observer.ts';

/** Shows the connections of the ports in metrics. */
export function createConnectionWatch(registry: Registry): (port: 'http' | 'grpc') => ConnectionObserver {
  const registers = [registry];
  const open = new Gauge({
    name: 'iterapay_keys_connections',
    help: 'Connections that are open, by port.',
    labelNames: ['port'],
    registers,
  });
  const refused = new Counter({
    name: 'iterapay_keys_connections_refused_total',
    help: 'Connections that were refused because there were MAX_CONNECTIONS already, by port.',
    labelNames: ['port'],
    registers,
  });
  const ended = new Counter({
    name: 'iterapay_keys_connection_limits_total',
    help: 'Connections and streams that the service ended by itself, by port and by the limit that was passed.',
    labelNames: ['port', 'reason'],
    registers,
  });

  return (port) => {
    open.set({ port }, 0);
    refused.inc({ port }, 0);
    for (const reason of END_REASONS) ended.inc({ port, reason }, 0);
    return {
      opened: () => open.inc({ port }),
      closed: () => open.dec({ port }),
      refused: () => refused.inc({ port }),
      ended: (reason) => ended.inc({ port, reason }),
    };
  };
}
