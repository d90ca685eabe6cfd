import { create, createFileRegistry, type DescMethod, type MessageInitShape, setExtension } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MethodOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { http } from '../../gen/google/api/annotations_pb.js';
import { HttpRuleSchema } from '../../gen/google/api/http_pb.js';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { HttpRuleError, readHttpRule } from '../../src/transport/rest/http-rule.ts';

/** A method `test.S.M` whose request has the fields `id` and `ids` (text) and `count` (a number). */
function methodWith(rule?: MessageInitShape<typeof HttpRuleSchema>, clientStreaming = false): DescMethod {
  const options = create(MethodOptionsSchema);
  if (rule !== undefined) setExtension(options, http, create(HttpRuleSchema, rule));
  const { STRING, INT32 } = FieldDescriptorProto_Type;
  const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;
  const file = create(FileDescriptorProtoSchema, {
    name: 'test.proto',
    package: 'test',
    syntax: 'proto3',
    messageType: [
      {
        name: 'R',
        field: [
          { name: 'id', number: 1, type: STRING, label: OPTIONAL },
          { name: 'count', number: 2, type: INT32, label: OPTIONAL },
          { name: 'ids', number: 3, type: STRING, label: REPEATED },
        ],
      },
    ],
    service: [
      { name: 'S', method: [{ name: 'M', inputType: '.test.R', outputType: '.test.R', options, clientStreaming }] },
    ],
  });
  const method = createFileRegistry(file, () => undefined).getService('test.S')?.method['m'];
  if (method === undefined) throw new Error('the method is not in its own registry');
  return method;
}

describe('The HTTP rule of a method', () => {
  for (const httpMethod of ['get', 'put', 'post', 'delete', 'patch'] as const) {
    it(`is read: ${httpMethod}`, () => {
      const rule = readHttpRule(methodWith({ pattern: { case: httpMethod, value: '/a/{id}' } }));

      expect(rule).to.deep.equal({
        httpMethod: httpMethod.toUpperCase(),
        segments: [
          { kind: 'literal', text: 'a' },
          { kind: 'variable', fieldName: 'id' },
        ],
      });
    });
  }

  it('is none where the method has no option', () => {
    const rule = readHttpRule(methodWith());

    expect(rule).to.equal(undefined);
  });

  it('is the documented path for each method of the service, and none for Validate', () => {
    const { generate, info, revoke, validate } = KeyService.method;

    const rules = [generate, info, revoke, validate].map(readHttpRule);

    const path = (name: string) => [
      { kind: 'literal', text: 'key' },
      { kind: 'literal', text: name },
      { kind: 'variable', fieldName: 'merchant_id' },
    ];
    expect(rules).to.deep.equal([
      { httpMethod: 'POST', segments: path('generate') },
      { httpMethod: 'GET', segments: path('info') },
      { httpMethod: 'DELETE', segments: path('revoke') },
      undefined,
    ]);
  });

  const pattern = { case: 'get', value: '/a/{id}' } as const;
  const refused: Readonly<Record<string, DescMethod>> = {
    'a body': methodWith({ pattern, body: '*' }),
    'further bindings': methodWith({ pattern, additionalBindings: [{ pattern }] }),
    'no pattern': methodWith({}),
    'a custom method': methodWith({ pattern: { case: 'custom', value: { kind: 'HEAD', path: '/a' } } }),
    'a stream': methodWith({ pattern }, true),
    'a template that is not served': methodWith({ pattern: { case: 'get', value: '/a/{id=*}' } }),
    'an unknown field': methodWith({ pattern: { case: 'get', value: '/a/{nobody}' } }),
    'a field that is not text': methodWith({ pattern: { case: 'get', value: '/a/{count}' } }),
    'a repeated field': methodWith({ pattern: { case: 'get', value: '/a/{ids}' } }),
  };

  for (const [what, method] of Object.entries(refused)) {
    it(`stops the start, naming the method, when it has ${what}`, () => {
      expect(() => readHttpRule(method)).to.throw(HttpRuleError, 'test.S.M');
    });
  }
});
