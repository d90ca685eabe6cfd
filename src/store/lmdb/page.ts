import { readSync } from 'node:fs';

/**
 * The layout of an lmdb file (data version 2 of lmdb-js 3.5, little-endian; `MDB_meta`, `MDB_page` and `MDB_node` in
 * its mdb.c), as far as it is needed to find out whether a file is whole before it is mapped.
 */
const HEADER_BYTES = 24;
const PAGE = { flags: 18, lower: 20, overflowPages: 20 };
const META = { magic: 24, pageSize: 48, freeRoot: 88, mainRoot: 136, lastPage: 144, txnId: 152, bytes: 160 };
const NODE = { low: 0, high: 2, flags: 4, keySize: 6, data: 8 };
const TREE_ROOT = 40;
const MAGIC = 0xbeefc0de;
const MIN_PAGE_BYTES = 256;
const MAX_PAGE_BYTES = 65_536;

const IS_BRANCH = 0x01;
const IS_LEAF = 0x02;
const HAS_OVERFLOW = 0x01;
const HAS_SUBTREE = 0x02;
const NO_PAGE = 2n ** 64n - 1n;

/** The newest state that a file's header describes. */
export interface LmdbHeader {
  readonly pageBytes: number;
  readonly txnId: bigint;
  /** The last page in use; a file may be shorter when the last pages are free ones. */
  readonly lastPage: bigint;
  /** Roots of the trees. */
  readonly roots: readonly bigint[];
}

/** Reads the newer of the file's two headers. Returns undefined where there is none of lmdb's. */
export function readHeader(fd: number): LmdbHeader | undefined {
  const first = readBytes(fd, 0, META.bytes);
  if (first?.readUInt32LE(META.magic) !== MAGIC) return undefined;
  const pageBytes = first.readUInt32LE(META.pageSize);
  if (pageBytes < MIN_PAGE_BYTES || pageBytes > MAX_PAGE_BYTES) return undefined;
  const second = readBytes(fd, pageBytes, META.bytes);
  if (second?.readUInt32LE(META.magic) !== MAGIC) return undefined;

  const txnIds = [first, second].map((meta) => meta.readBigUInt64LE(META.txnId)) as [bigint, bigint];
  const meta = txnIds[0] >= txnIds[1] ? first : second;
  return {
    pageBytes,
    txnId: meta.readBigUInt64LE(META.txnId),
    lastPage: meta.readBigUInt64LE(META.lastPage),
    roots: [META.freeRoot, META.mainRoot].map((offset) => meta.readBigUInt64LE(offset)),
  };
}

/** Whether every page that the trees refer to lies within the file: reads all of them, without mapping the file. */
export function hasEveryPage(fd: number, { roots, pageBytes }: LmdbHeader): boolean {
  const waiting = roots.filter((root) => root !== NO_PAGE);
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    const bytes = readBytes(fd, Number(page) * pageBytes, pageBytes);
    if (bytes === undefined) return false;
    for (const { first, last } of childrenOf(bytes, fd, pageBytes)) {
      if (readBytes(fd, Number(last) * pageBytes, pageBytes) === undefined) return false;
      if (first !== undefined) waiting.push(first);
    }
  }
  return true;
}

interface Child {
  /** The root of a tree below, if that is what the child is. */
  readonly first: bigint | undefined;
  readonly last: bigint;
}

function childrenOf(page: Buffer, fd: number, pageBytes: number): Child[] {
  const flags = page.readUInt16LE(PAGE.flags);
  const nodes = Array.from({ length: page.readUInt16LE(PAGE.lower) >> 1 }, (_, index) =>
    page.subarray(HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * index)),
  );
  if (flags & IS_BRANCH) return nodes.map(branchChild).map((child) => ({ first: child, last: child }));
  if (!(flags & IS_LEAF)) return [];
  return nodes.flatMap((node): Child[] => {
    const nodeFlags = node.readUInt16LE(NODE.flags);
    const data = node.subarray(NODE.data + node.readUInt16LE(NODE.keySize));
    if (nodeFlags & HAS_SUBTREE) {
      const root = data.readBigUInt64LE(TREE_ROOT);
      return root === NO_PAGE ? [] : [{ first: root, last: root }];
    }
    if (!(nodeFlags & HAS_OVERFLOW)) return [];
    const first = data.readBigUInt64LE(0);
    const count = readBytes(fd, Number(first) * pageBytes, HEADER_BYTES)?.readUInt32LE(PAGE.overflowPages) ?? 1;
    return [{ first: undefined, last: first + BigInt(count) - 1n }];
  });
}

function branchChild(node: Buffer): bigint {
  const low = node.readUInt16LE(NODE.low) + node.readUInt16LE(NODE.high) * 2 ** 16;
  return BigInt(low) + (BigInt(node.readUInt16LE(NODE.flags)) << 32n);
}

/** Undefined where the file ends before. */
function readBytes(fd: number, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return readSync(fd, bytes, 0, length, position) === length ? bytes : undefined;
}
