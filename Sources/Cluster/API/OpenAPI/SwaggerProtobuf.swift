import ClusterObjects

/// Writes the `/openapi/v2` document as protobuf, the only form in which client-go takes it: kubectl checks a `List`, or a kind that it
/// does not find in the documents of version 3, by it.
///
/// What our documents do not hold has no number here. Source: github.com/google/gnostic, openapiv2/OpenAPIv2.proto.
public enum SwaggerProtobuf {
    /// What is answered, whichever of the two names was asked for. Source: k8s.io/kube-openapi/pkg/handler.
    public static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    public static let oldMediaType = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

    /// O(size).
    public static func encode(_ document: Value) -> [UInt8] { message(document, .document) }

    // MARK: - What a message is made of

    private enum Name: Sendable {
        case document, info, path, operation, parameter, bodyParameter, response, schema, externalDocs, securityScheme
    }

    private indirect enum Form: Sendable {
        case text, flag, integer, number, texts, any, anys
        case message(Name)
        case messages(Name)
        /// An object with names of its own: a message whose field `entry` is repeated, each a name and a value.
        case named(Form, entry: UInt64 = 1)
        /// A message that holds nothing but this field of the given number.
        case wrapped(UInt64, Form)
        /// `additionalProperties`, which is a schema or a flag.
        case schemaOrFlag
        /// Whose messages depend on `in`.
        case parameters
    }

    private struct Message: Sendable {
        var fields: [String: (number: UInt64, form: Form)]
        /// The number of what begins with `x-`; nil where there can be none.
        var extensions: UInt64?
    }

    private static let messages: [Name: Message] = [
        .document: Message(
            fields: [
                "swagger": (1, .text), "info": (2, .message(.info)), "paths": (8, .named(.message(.path), entry: 2)),
                "definitions": (9, .named(.message(.schema))),
                // The third of the kinds of security is the one by a header.
                "securityDefinitions": (13, .named(.wrapped(2, .message(.securityScheme)))),
            ], extensions: 16),
        .info: Message(fields: ["title": (1, .text), "version": (2, .text), "description": (3, .text)], extensions: 7),
        .path: Message(
            fields: [
                "get": (2, .message(.operation)), "put": (3, .message(.operation)), "post": (4, .message(.operation)),
                "delete": (5, .message(.operation)), "patch": (8, .message(.operation)), "parameters": (9, .parameters),
            ], extensions: 10),
        .operation: Message(
            fields: [
                "tags": (1, .texts), "summary": (2, .text), "description": (3, .text), "operationId": (5, .text), "produces": (6, .texts),
                "consumes": (7, .texts), "parameters": (8, .parameters),
                "responses": (9, .named(.wrapped(1, .message(.response)))), "schemes": (10, .texts), "deprecated": (11, .flag),
            ], extensions: 13),
        .bodyParameter: Message(
            fields: [
                "description": (1, .text), "name": (2, .text), "in": (3, .text), "required": (4, .flag), "schema": (5, .message(.schema)),
            ], extensions: 6),
        // A parameter of the path has no `allowEmptyValue`, so what follows has other numbers there: see `parameter`.
        .parameter: Message(
            fields: ["required": (1, .flag), "in": (2, .text), "description": (3, .text), "name": (4, .text)], extensions: nil),
        .response: Message(fields: ["description": (1, .text), "schema": (2, .wrapped(1, .message(.schema)))], extensions: 5),
        .securityScheme: Message(
            fields: ["type": (1, .text), "name": (2, .text), "in": (3, .text), "description": (4, .text)], extensions: 5),
        .externalDocs: Message(fields: ["description": (1, .text), "url": (2, .text)], extensions: 3),
        .schema: Message(
            fields: [
                "$ref": (1, .text), "format": (2, .text), "title": (3, .text), "description": (4, .text), "default": (5, .any),
                "multipleOf": (6, .number), "maximum": (7, .number), "exclusiveMaximum": (8, .flag), "minimum": (9, .number),
                "exclusiveMinimum": (10, .flag), "maxLength": (11, .integer), "minLength": (12, .integer), "pattern": (13, .text),
                "maxItems": (14, .integer), "minItems": (15, .integer), "uniqueItems": (16, .flag), "maxProperties": (17, .integer),
                "minProperties": (18, .integer), "required": (19, .texts), "enum": (20, .anys), "additionalProperties": (21, .schemaOrFlag),
                "type": (22, .wrapped(1, .text)), "items": (23, .wrapped(1, .message(.schema))), "allOf": (24, .messages(.schema)),
                "properties": (25, .named(.message(.schema))), "discriminator": (26, .text), "readOnly": (27, .flag),
                "externalDocs": (29, .message(.externalDocs)), "example": (30, .any),
            ], extensions: 31),
    ]

    // MARK: - Writing

    private static func message(_ value: Value, _ name: Name) -> [UInt8] {
        guard let fields = value.object, let known = messages[name] else { return [] }
        var result: [UInt8] = []
        for (key, value) in fields {
            if let field = known.fields[key] {
                result += write(value, field.form, field.number)
            } else if key.hasPrefix("x-"), let number = known.extensions {
                result += entry(key, value, .any, number)
            }
        }
        return result
    }

    private static func write(_ value: Value, _ form: Form, _ number: UInt64) -> [UInt8] {
        switch form {
        case .text: return value.string.map { ProtobufWire.text(number, $0) } ?? []
        case .flag: return value.bool.map { ProtobufWire.flag(number, $0) } ?? []
        case .integer: return value.int.map { ProtobufWire.integer(number, $0) } ?? []
        case .number: return value.double.map { ProtobufWire.double(number, $0) } ?? []
        case .texts: return (value.array ?? []).flatMap { write($0, .text, number) }
        // JSON is YAML.
        case .any: return ProtobufWire.bytes(number, ProtobufWire.bytes(2, value.json))
        case .anys: return (value.array ?? []).flatMap { write($0, .any, number) }
        case .message(let name): return ProtobufWire.bytes(number, message(value, name))
        case .messages(let name): return (value.array ?? []).flatMap { write($0, .message(name), number) }
        case .named(let form, let entry):
            let entries = (value.object ?? Fields([])).flatMap { SwaggerProtobuf.entry($0.key, $0.value, form, entry) }
            return ProtobufWire.bytes(number, entries)
        case .wrapped(let inner, let form): return ProtobufWire.bytes(number, write(value, form, inner))
        case .schemaOrFlag:
            return ProtobufWire.bytes(number, value.bool.map { ProtobufWire.flag(2, $0) } ?? write(value, .message(.schema), 1))
        case .parameters: return (value.array ?? []).flatMap { ProtobufWire.bytes(number, ProtobufWire.bytes(1, parameter($0))) }
        }
    }

    private static func entry(_ name: String, _ value: Value, _ form: Form, _ number: UInt64) -> [UInt8] {
        ProtobufWire.bytes(number, ProtobufWire.text(1, name) + write(value, form, 2))
    }

    private static func parameter(_ value: Value) -> [UInt8] {
        guard value["in"]?.string != "body" else { return write(value, .message(.bodyParameter), 1) }
        let isInPath = value["in"]?.string == "path"
        var body = message(value, .parameter)
        if let type = value["type"] { body += write(type, .text, isInPath ? 5 : 6) }
        if let unique = value["uniqueItems"] { body += write(unique, .flag, isInPath ? 19 : 20) }
        return ProtobufWire.bytes(2, ProtobufWire.bytes(isInPath ? 4 : 3, body))
    }
}
