import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  KeyService,
  Reason,
  ValidateRequestSchema,
  ValidateResponseSchema,
} from '../../gen/iterapay/keys/v1/keys_pb.js';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { createValidateCodec } from '../../src/transport/grpc/validate-codec.ts';
import { SEED } from './arbitraries.ts';

const validateCodec = createValidateCodec(KeyService.method.validate);
const RUNS = { seed: SEED, numRuns: 5_000 };

/** Text of every kind and length, most of it near to where the hand-written codec changes over. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.string({ unit: 'binary-ascii', maxLength: 140 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 140 }),
  fc.integer({ min: 120, max: 135 }).map((length) => 'a'.repeat(length)),
  fc.constantFrom('', ' ', '~', '\x7f', '\x1f', '\0', '\x80', 'ÿ', 'é'.repeat(64), '\ud800', '\n'),
  fc.constant(undefined).map(() => createKeyFormat('ipa_live_').generate().reveal()),
);

const request = fc.record({ apiKey: text, merchantId: text }, { requiredKeys: [] });

const response = fc.record(
  {
    valid: fc.boolean(),
    merchantId: text,
    reason: fc.oneof(
      { weight: 3, arbitrary: fc.constant(Reason.UNSPECIFIED) },
      fc.constantFrom(Reason.MALFORMED, Reason.NOT_FOUND, Reason.REVOKED, Reason.MERCHANT_MISMATCH, 99 as Reason),
    ),
    revokedAt: fc.nat().map(timestampFromMs),
  },
  { requiredKeys: [] },
);

/** The bytes of a field as they should be, or nearly. */
const field = fc
  .tuple(fc.constantFrom(0x0a, 0x12, 0x08, 0x1a, 0x0b, 0x0c, 0x0d, 0x00), fc.uint8Array({ maxLength: 20 }), fc.nat(3))
  .map(([tag, content, mistake]) => [tag, content.length + (mistake === 3 ? 1 : 0), ...content]);

/** Bytes of a field as long as the fast path knows, with text that is ASCII but for one byte. */
const keyLike = fc
  .tuple(fc.integer({ min: 0, max: 140 }), fc.nat(139), fc.nat(255))
  .map(([length, at, byte]) => [
    0x0a,
    length,
    ...Buffer.alloc(length, 0x61).map((a, index) => (index === at ? byte : a)),
  ]);

const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(field, { maxLength: 4 }).map((fields) => Uint8Array.from(fields.flat())),
    keyLike.map((list) => Uint8Array.from(list)),
    fc.tuple(keyLike, fc.uint8Array({ maxLength: 3 })).map(([list, more]) => Uint8Array.from([...list, ...more])),
  )
  .map((list) => Buffer.from(list));

/** What a call leads to: its result, or that it threw. */
function outcome<T>(call: () => T): { readonly result: T } | 'threw' {
  try {
    return { result: call() };
  } catch {
    return 'threw';
  }
}

describe('The hand-written codec of Validate', () => {
  it('reads every request that the general codec wrote, as the general codec does', () => {
    fc.assert(
      fc.property(request, (fields) => {
        const written = outcome(() =>
          Buffer.from(toBinary(ValidateRequestSchema, create(ValidateRequestSchema, fields))),
        );
        fc.pre(written !== 'threw');

        const read = validateCodec.decode(written.result);

        expect(read).to.deep.equal(fromBinary(ValidateRequestSchema, written.result));
      }),
      RUNS,
    );
  });

  it('reads arbitrary bytes as the general codec does, or throws where it throws', () => {
    fc.assert(
      fc.property(bytes, (message) => {
        const read = outcome(() => validateCodec.decode(message));

        expect(read).to.deep.equal(outcome(() => fromBinary(ValidateRequestSchema, message)));
      }),
      { ...RUNS, numRuns: 10_000 },
    );
  });

  it('reads requests that are written again as the same bytes', () => {
    fc.assert(
      fc.property(bytes, (message) => {
        const read = outcome(() => validateCodec.decode(message));
        fc.pre(read !== 'threw');

        const written = toBinary(ValidateRequestSchema, read.result);

        expect(written).to.deep.equal(toBinary(ValidateRequestSchema, fromBinary(ValidateRequestSchema, message)));
      }),
      RUNS,
    );
  });

  it('writes every response as the general codec does, or throws where it throws', () => {
    fc.assert(
      fc.property(response, (fields) => {
        const message = create(ValidateResponseSchema, fields);

        const written = outcome(() => Uint8Array.from(validateCodec.encode(message)));

        expect(written).to.deep.equal(outcome(() => toBinary(ValidateResponseSchema, message)));
      }),
      RUNS,
    );
  });

  it('does not keep a view of the buffer that it read from', () => {
    const message = Buffer.from(toBinary(ValidateRequestSchema, create(ValidateRequestSchema, { apiKey: 'a key' })));
    const read = validateCodec.decode(message);

    message.fill(0);

    expect(read.apiKey).to.equal('a key');
  });
});
