import { benchEmbedded } from './embedded.ts';
import { benchProduction } from './production.ts';

await benchEmbedded();
await benchProduction();
// The clients' idle connections would keep the process for a while.
process.exit(0);
