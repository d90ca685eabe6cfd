import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** A file as it is given away: itself first, then everything that it depends on, each a serialized FileDescriptorProto. */
export type SerializedFiles = readonly Uint8Array[];

/** Finds the files that describe some services, by what they declare. */
export interface FileIndex {
  byName(fileName: string): SerializedFiles | undefined;
  /** @param symbol the full name of a type, field, enum value, service or method, or of an extension */
  bySymbol(symbol: string): SerializedFiles | undefined;
  byExtension(extendee: string, fieldNumber: number): SerializedFiles | undefined;
  /** Undefined where nothing extends the type. */
  extensionNumbers(extendee: string): readonly number[] | undefined;
}

/** Indexes the files of the services with all that they depend on. They are serialized here, once. */
export function indexFiles(services: readonly DescService[]): FileIndex {
  const files = withDependencies(...services.map(({ file }) => file));
  const bytes = new Map(files.map((file) => [file, toBinary(FileDescriptorProtoSchema, file.proto)]));
  const names = new Map(files.map((file) => [file.proto.name, file]));
  const symbols = new Map(files.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file] as const)));
  const extensions = indexExtensions(files);

  function serialized(file: DescFile | undefined): SerializedFiles | undefined {
    return file && withDependencies(file).flatMap((one) => bytes.get(one) ?? []);
  }

  return {
    byName: (fileName) => serialized(names.get(fileName)),
    bySymbol: (symbol) => serialized(symbols.get(symbol)),
    byExtension: (extendee, fieldNumber) => serialized(extensions.get(extendee)?.get(fieldNumber)),
    extensionNumbers(extendee) {
      const ofType = extensions.get(extendee);
      return ofType && [...ofType.keys()];
    },
  };
}

/** The files, and then all that they depend on, each once. */
function withDependencies(...files: readonly DescFile[]): DescFile[] {
  const found = new Set(files);
  // A set visits what is added while it is walked.
  for (const file of found) for (const dependency of file.dependencies) found.add(dependency);
  return [...found];
}

/** The full names of all that a file declares. */
function symbolsOf(file: DescFile): string[] {
  return [...nestedTypes(file)].flatMap((type) => [type.typeName, ...membersOf(type)]);
}

type Declared = ReturnType<typeof nestedTypes> extends Iterable<infer Type> ? Type : never;

function membersOf(type: Declared): string[] {
  const within = (name: string) => `${type.typeName}.${name}`;
  switch (type.kind) {
    case 'message':
      return [...type.fields, ...type.oneofs].map(({ name }) => within(name));
    case 'service':
      return type.methods.map(({ name }) => within(name));
    case 'enum': {
      // The values of an enum are its siblings and not its members (proto3, "Enumerations").
      const scope = type.typeName.slice(0, type.typeName.lastIndexOf('.') + 1);
      return type.values.map(({ name }) => scope + name);
    }
    case 'extension':
      return [];
  }
}

/** The file of each extension, by the type that it extends and its number. */
function indexExtensions(files: readonly DescFile[]): ReadonlyMap<string, ReadonlyMap<number, DescFile>> {
  const index = new Map<string, Map<number, DescFile>>();
  for (const file of files) {
    for (const type of nestedTypes(file)) {
      if (type.kind !== 'extension') continue;
      const ofType = index.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      index.set(type.extendee.typeName, ofType.set(type.number, file));
    }
  }
  return index;
}
