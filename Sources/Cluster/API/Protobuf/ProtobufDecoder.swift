import ClusterObjects

/// Reads the protobuf bodies that Go clients send for built-in kinds (`application/vnd.kubernetes.protobuf`) into the JSON form.
///
/// A field that is newer than the embedded facts is refused when it holds something: nothing is dropped in silence.
/// Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf (the envelope), the generated.proto files (the messages).
public struct ProtobufDecoder {
    private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]
    /// Messages inside each other.
    private static let deepest = 64

    private var depth = 0

    /// - Throws: 400 for bytes that are no such message, 415 for a kind or field that has no known protobuf form.
    /// - Parameter kind: what the body should be, for the message.
    public static func decode(_ body: [UInt8], kind: String = "") throws(APIError) -> Value {
        func unrecognized(_ why: String) -> APIError {
            .badRequest("the object provided is unrecognized (must be of type \(kind)): \(why) (\(BodySummary.text(body)))")
        }
        guard body.starts(with: magic) else {
            throw unrecognized("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        }
        var decoder = ProtobufDecoder()
        let envelope: (apiVersion: String, kind: String, raw: ArraySlice<UInt8>)
        do throws(APIError) { envelope = try decoder.envelope(body[magic.count...]) } catch {
            guard error.code == 400 else { throw error }
            throw unrecognized("unexpected EOF")
        }
        guard let group = GroupVersion(apiVersion: envelope.apiVersion),
            let schema = BuiltInSchemas.schema(of: GroupVersionKind(group.group, group.version, envelope.kind)),
            ProtobufMessages.all[schema.node.typeName] != nil
        else {
            throw unsupported("\(envelope.apiVersion) \(envelope.kind) cannot be read as protobuf; send it as application/json")
        }
        var value = try decoder.message(envelope.raw, schema.node.typeName)
        value["apiVersion"] = .string(envelope.apiVersion)
        value["kind"] = .string(envelope.kind)
        return value
    }

    private static func unsupported(_ message: String) -> APIError {
        APIError(code: 415, reason: "UnsupportedMediaType", message: message)
    }

    private static func malformed(_ type: String) -> APIError { .badRequest("the protobuf body is cut short or damaged in \(type)") }

    private typealias Payload = ProtobufReader.Payload

    private func fields(_ bytes: ArraySlice<UInt8>, _ type: String) throws(APIError) -> [(number: UInt64, payload: Payload)] {
        var reader = ProtobufReader(bytes)
        var result: [(number: UInt64, payload: Payload)] = []
        do throws(ProtobufReader.Malformed) {
            while let field = try reader.next() { result.append(field) }
        } catch { throw ProtobufDecoder.malformed(type) }
        return result
    }

    private func envelope(_ bytes: ArraySlice<UInt8>) throws(APIError) -> (apiVersion: String, kind: String, raw: ArraySlice<UInt8>) {
        var result = (apiVersion: "", kind: "", raw: ArraySlice<UInt8>())
        for (number, payload) in try fields(bytes, "the envelope") {
            guard case .bytes(let bytes) = payload else { throw ProtobufDecoder.malformed("the envelope") }
            if number == 2 { result.raw = bytes }
            if number == 3, !bytes.isEmpty { throw ProtobufDecoder.unsupported("encoded protobuf bodies are not supported") }
            guard number == 1 else { continue }
            for (number, payload) in try fields(bytes, "the envelope") {
                guard case .bytes(let bytes) = payload else { continue }
                if number == 1 { result.apiVersion = String(decoding: bytes, as: UTF8.self) }
                if number == 2 { result.kind = String(decoding: bytes, as: UTF8.self) }
            }
        }
        return result
    }

    private mutating func message(_ bytes: ArraySlice<UInt8>, _ type: String) throws(APIError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ProtobufDecoder.deepest else { throw .badRequest("the protobuf body is nested too deeply") }
        guard let known = ProtobufMessages.all[type] else {
            throw ProtobufDecoder.unsupported("\(type) cannot be read as protobuf; send it as application/json")
        }
        var result = Value.emptyObject
        for (number, payload) in try fields(bytes, type) {
            guard let field = known[number] else {
                if payload.isZero { continue }
                throw ProtobufDecoder.unsupported(
                    "field \(number) of \(type) is newer than this server's protobuf; send the object as application/json")
            }
            switch field.shape {
            case .single:
                if let value = try single(payload, field.type) { result[field.name] = value }
            case .inline:
                guard case .bytes(let bytes) = payload else { throw ProtobufDecoder.malformed(type) }
                for (key, value) in try message(bytes, field.type).object ?? Fields() { result[key] = value }
            case .list:
                guard let value = try single(payload, field.type) else { continue }
                result[field.name, default: .array([])].editElements { $0.append(value) }
            case .map:
                guard case .bytes(let bytes) = payload else { throw ProtobufDecoder.malformed(type) }
                let entry = try self.entry(bytes, field.type)
                result[field.name, default: .emptyObject][entry.key] = entry.value
            }
        }
        return result
    }

    private mutating func entry(_ bytes: ArraySlice<UInt8>, _ type: String) throws(APIError) -> (key: String, value: Value) {
        var key = ""
        var value: Value?
        for (number, payload) in try fields(bytes, type) {
            if number == 1, case .bytes(let bytes) = payload { key = String(decoding: bytes, as: UTF8.self) }
            if number == 2 { value = try single(payload, type) }
        }
        let absent: Value = type == "string" || type == "bytes" ? "" : .emptyObject
        return (key, value ?? absent)
    }

    /// One value; nil for a time that is not set.
    private mutating func single(_ payload: Payload, _ type: String) throws(APIError) -> Value? {
        switch (type, payload) {
        case ("bool", .varint(let number)): return .bool(number != 0)
        case ("int32", .varint(let number)): return .int(Int64(Int32(truncatingIfNeeded: number)))
        case ("int64", .varint(let number)): return .int(Int64(bitPattern: number))
        case ("double", .fixed(let bits)): return .double(Double(bitPattern: bits))
        case ("string", .bytes(let bytes)): return .string(String(decoding: bytes, as: UTF8.self))
        case ("bytes", .bytes(let bytes)): return .string(Base64.encode(bytes))
        case ("meta.v1.Time", .bytes(let bytes)): return try time(bytes).map { .string($0.description) }
        case ("meta.v1.MicroTime", .bytes(let bytes)): return try time(bytes).map { .string($0.microDescription) }
        case ("api.resource.Quantity", .bytes(let bytes)): return try text(bytes, number: 1).map(Value.string) ?? "0"
        case ("util.intstr.IntOrString", .bytes(let bytes)): return try intOrString(bytes)
        case ("runtime.RawExtension", .bytes(let bytes)), ("meta.v1.FieldsV1", .bytes(let bytes)):
            guard let json = try text(bytes, number: 1), !json.isEmpty else { return nil }
            do throws(JSONError) { return try Value(parsing: json) } catch { throw .badRequest(error.message) }
        case (_, .bytes(let bytes)):
            // A named list, such as ExtraValue, is a message with one repeated field.
            if ["authentication.v1.ExtraValue", "authorization.v1.ExtraValue", "certificates.v1.ExtraValue"].contains(type) {
                return .array(
                    try fields(bytes, type).compactMap { field in
                        guard case .bytes(let bytes) = field.payload else { return nil }
                        return .string(String(decoding: bytes, as: UTF8.self))
                    })
            }
            return try message(bytes, type)
        default: throw ProtobufDecoder.malformed(type)
        }
    }

    private func text(_ bytes: ArraySlice<UInt8>, number wanted: UInt64) throws(APIError) -> String? {
        for (number, payload) in try fields(bytes, "text") {
            if number == wanted, case .bytes(let bytes) = payload { return String(decoding: bytes, as: UTF8.self) }
        }
        return nil
    }

    private func time(_ bytes: ArraySlice<UInt8>) throws(APIError) -> Timestamp? {
        if bytes.isEmpty { return nil }
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        for (number, payload) in try fields(bytes, "meta.v1.Time") {
            guard case .varint(let value) = payload else { throw ProtobufDecoder.malformed("meta.v1.Time") }
            if number == 1 { seconds = Int64(bitPattern: value) }
            if number == 2 { nanoseconds = Int64(Int32(truncatingIfNeeded: value)) }
        }
        // Year 0 to 9999, what RFC 3339 can say.
        guard -62_167_219_200..<253_402_300_800 ~= seconds else { throw .badRequest("a time in the protobuf body is out of range") }
        return Timestamp(microseconds: seconds * 1_000_000 + nanoseconds / 1000)
    }

    private func intOrString(_ bytes: ArraySlice<UInt8>) throws(APIError) -> Value {
        var isString = false
        var number: Int64 = 0
        var string = ""
        for (field, payload) in try fields(bytes, "util.intstr.IntOrString") {
            switch (field, payload) {
            case (1, .varint(let type)): isString = type == 1
            case (2, .varint(let value)): number = Int64(Int32(truncatingIfNeeded: value))
            case (3, .bytes(let bytes)): string = String(decoding: bytes, as: UTF8.self)
            default: break
            }
        }
        return isString ? .string(string) : .int(number)
    }
}
