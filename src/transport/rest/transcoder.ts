import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type { Answer } from '../http/answer.ts';

/** Makes a request message of the values that the path holds, and of nothing else. */
export function toRequest(
  { input }: DescMethodUnary,
  pathValues: Readonly<Record<string, string | undefined>>,
): MessageShape<DescMessage> {
  const message = reflect(input, create(input));
  for (const field of input.fields) {
    const value = pathValues[field.name];
    if (value !== undefined) message.set(field, value);
  }
  return message.message;
}

/** The answer of a successful call. A response without fields says everything by its status. */
export function toAnswer({ output }: DescMethodUnary, message: MessageShape<DescMessage>): Answer {
  if (output.fields.length === 0) return { status: 204, body: undefined };
  return { status: 200, body: toRestJson(output, message) };
}

/** Protobuf JSON in which every field is there: implicit ones with their default, unset messages as `null`. */
export function toRestJson(schema: DescMessage, message: MessageShape<DescMessage>): JsonObject {
  const json = toJson(schema, message, { alwaysEmitImplicit: true }) as JsonObject;
  const members = schema.fields.flatMap((field): [string, JsonValue][] => {
    const value = json[field.jsonName];
    if (value !== undefined) return [[field.jsonName, value]];
    return field.fieldKind === 'message' ? [[field.jsonName, null]] : [];
  });
  return Object.fromEntries(members);
}
