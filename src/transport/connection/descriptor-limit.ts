/** Descriptors for everything that is no connection to the HTTP or the gRPC port: stores, logs, key sets, the admin port. */
const RESERVED_DESCRIPTORS = 256;
/** The HTTP and the gRPC port. */
const PORTS = 2;

/** Most connections that each of the two ports may have, so that descriptors remain for the rest of the process. */
export function maxConnectionsWithinDescriptors(descriptors: number = openFilesLimit()): number {
  return Math.max(1, Math.floor((descriptors - RESERVED_DESCRIPTORS) / PORTS));
}

/** Node has raised the soft limit to the hard one when it started. */
function openFilesLimit(): number {
  // Names of peers would be looked up otherwise. (The option is missing from the types.)
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const limit = Number(userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? limit : Number.MAX_SAFE_INTEGER;
}
