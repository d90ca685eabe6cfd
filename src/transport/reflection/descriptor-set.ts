import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ReflectionService } from '@grpc/reflection';
import { KeyService } from '../../../gen/iterapay/keys/v1/keys_pb.js';

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/**
 * The contract's real file descriptors in the form that `@grpc/reflection` takes. (Descriptors that were read by
 * proto-loader have lost their files' dependencies, and `buf curl` then fails.)
 */
export function reflectedPackage(): PackageDefinition {
  const fileDescriptorProtos = withDependencies(KeyService.file).map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  return { [KeyService.typeName]: { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos } };
}

function withDependencies(file: DescFile): DescFile[] {
  return [...new Set([...file.dependencies.flatMap(withDependencies), file])];
}
