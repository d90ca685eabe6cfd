import { type Document, MongoClient } from 'mongodb';

const TIMEOUT_MS = 5_000;

/** Keeps these connections apart from those of the service, so that a fail point can be limited to either. */
export const TEST_APP_NAME = 'iterapay-keys-test';

/**
 * Runs one command on the database `admin`, on a connection of its own.
 *
 * @throws the driver's error; at the latest after five seconds
 */
export async function runAdminCommand(port: number, command: Document): Promise<Document> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    appName: TEST_APP_NAME,
    // Also a server that is not a primary yet answers.
    directConnection: true,
    maxPoolSize: 1,
    serverSelectionTimeoutMS: TIMEOUT_MS,
    connectTimeoutMS: TIMEOUT_MS,
    socketTimeoutMS: TIMEOUT_MS,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}
