import {
  clone,
  create,
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { KeyService, ValidateRequestSchema, ValidateResponseSchema } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { createValidateCodec } from '../../src/transport/grpc/validate-codec.ts';

/** What the generated types do not know. */
type Fields = Record<string, unknown>;

const KEY = 'ipa_live_nothing';
const NEW_FIELD: FieldDescriptorProto = create(FieldDescriptorProtoSchema, {
  name: 'note',
  jsonName: 'note',
  number: 15,
  label: FieldDescriptorProto_Label.OPTIONAL,
  type: FieldDescriptorProto_Type.STRING,
});

/** The method Validate as it would be if one of its messages had one more field, `string note = 15`. */
function validateWithNewField(messageName: string): DescMethod {
  const { file } = KeyService;
  const extended = clone(FileDescriptorProtoSchema, file.proto);
  extended.messageType.find(({ name }) => name === messageName)?.field.push(NEW_FIELD);
  const others = new Map(dependenciesOf(file).map((one) => [one.proto.name, one.proto]));
  const registry = createFileRegistry(extended, (name) => others.get(name));
  const method = registry.getService(KeyService.typeName)?.method['validate'];
  if (method === undefined) throw new Error('the extended contract has no method Validate');
  return method;
}

function dependenciesOf({ dependencies }: typeof KeyService.file): (typeof KeyService.file)[] {
  return dependencies.flatMap((file) => [file, ...dependenciesOf(file)]);
}

function fieldsOf(message: Message): Fields {
  return message as unknown as Fields;
}

describe('The codec of Validate, when a field is added to the contract', () => {
  it('writes the new field of the response', () => {
    const method = validateWithNewField(ValidateResponseSchema.name);
    const response = create(method.output, { valid: true, merchantId: 'm1', note: 'new' } as Fields);

    const bytes = createValidateCodec(method).encode(response as MessageShape<typeof ValidateResponseSchema>);

    expect(fieldsOf(fromBinary(method.output, bytes))).to.include({ valid: true, merchantId: 'm1', note: 'new' });
  });

  it('reads the new field of the request, and its default where it is not there', () => {
    const method = validateWithNewField(ValidateRequestSchema.name);
    const codec = createValidateCodec(method);
    const write = (fields: Fields) => Buffer.from(toBinary(method.input, create(method.input as DescMessage, fields)));

    const withNote = fieldsOf(codec.decode(write({ apiKey: KEY, note: 'new' })));
    const withoutNote = fieldsOf(codec.decode(write({ apiKey: KEY })));

    expect(withNote).to.include({ apiKey: KEY, note: 'new' });
    expect(withoutNote).to.include({ apiKey: KEY, note: '' });
  });
});
