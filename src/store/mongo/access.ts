import { type Db, type FindOptions, MongoClient, MongoError } from 'mongodb';
import { outcomeUnknown, ServiceError } from '../../core/errors.ts';

type ReadOptions = Pick<FindOptions, 'readConcern' | 'readPreference' | 'maxTimeMS'>;

/** The database, and how it is asked. */
export interface MongoAccess {
  readonly db: Db;
  /** Options of reads that decide a verdict: no primary that was deposed without knowing it may answer them. */
  readonly linearizable: ReadOptions;
  /** Options of reads of what no election can take back. */
  readonly majority: ReadOptions;
  /** Runs a read. Throws `unavailable` when MongoDB fails, and an error of this program as it is. */
  read<T>(operation: () => Promise<T>): Promise<T>;
  /**
   * Runs a write. Throws `outcome_unknown` when MongoDB fails: it may have happened all the same. Throws an error of
   * this program as it is.
   */
  write<T>(operation: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface MongoAccessOptions {
  readonly url: string;
  /** Longest time to find the server, and then of each attempt of an operation, in milliseconds. */
  readonly timeoutMs: number;
}

/** The database that is used unless the URL names one. */
const DEFAULT_DATABASE = 'iterapay_keys';

const NAMES_DATABASE = /^[a-z+]+:\/\/[^/?]+\/[^?]/;

/** Does not connect: the first operation does. TLS, authentication and replica sets are the URL's matter. */
export function createMongoAccess({ url, timeoutMs }: MongoAccessOptions): MongoAccess {
  const client = new MongoClient(url, {
    appName: 'iterapay-keys',
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
    retryReads: true,
    retryWrites: true,
  });
  // Of the database, not of the client: there the URL's own `journal=false` would win.
  const writeConcern = { w: 'majority', journal: true, wtimeoutMS: timeoutMs } as const;
  const readFrom = { readPreference: 'primary', maxTimeMS: timeoutMs } as const;

  return {
    linearizable: { ...readFrom, readConcern: { level: 'linearizable' } },
    majority: { ...readFrom, readConcern: { level: 'majority' } },
    // The driver's own default is called "test".
    db: client.db(NAMES_DATABASE.test(url) ? undefined : DEFAULT_DATABASE, { writeConcern }),

    async read(operation) {
      try {
        return await operation();
      } catch (cause) {
        if (!isFailureOfMongo(cause)) throw cause;
        throw new ServiceError('unavailable', 'The key store cannot be read at the moment.', { cause });
      }
    },

    async write(operation) {
      try {
        return await operation();
      } catch (cause) {
        if (!isFailureOfMongo(cause)) throw cause;
        // Also where no server was found: that may be the driver's second attempt, after the reply to the first was lost.
        throw outcomeUnknown(cause);
      }
    },

    close: () => client.close(),
  };
}

/** The driver's errors, and those of the operating system that it passes on, such as a name that cannot be found. */
function isFailureOfMongo(thrown: unknown): boolean {
  return thrown instanceof MongoError || (thrown instanceof Error && 'syscall' in thrown);
}
