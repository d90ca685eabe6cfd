// Loaded before the service where a test wants garbage to be collected at once.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const INTERVAL_MS = 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as NodeJS.GCFunction;
setInterval(() => collect({ type: 'minor' }), INTERVAL_MS).unref();
