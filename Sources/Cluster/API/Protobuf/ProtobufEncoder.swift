import ClusterObjects

/// Writes objects of built-in kinds as the protobuf that Go clients read (`application/vnd.kubernetes.protobuf`).
///
/// An object with a field that the embedded facts do not know has no such form: nothing is dropped in silence.
/// Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf (the envelope), the generated.proto files (the messages).
public struct ProtobufEncoder {
    /// There is no protobuf form.
    private struct Unknown: Error {}

    public static let mediaType = "application/vnd.kubernetes.protobuf"
    private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// What discovery and errors are, which no group holds.
    private static let unversioned: [String: String] = [
        "APIResourceList": "meta.v1.APIResourceList", "APIGroup": "meta.v1.APIGroup", "APIGroupList": "meta.v1.APIGroupList",
        "APIVersions": "meta.v1.APIVersions", "Status": "meta.v1.Status", "PartialObjectMetadata": "meta.v1.PartialObjectMetadata",
        "PartialObjectMetadataList": "meta.v1.PartialObjectMetadataList",
    ]

    /// The envelope with an object in it; nil when it has no protobuf form. O(size).
    public static func encode(_ object: Value) -> [UInt8]? {
        let kind = object["kind"]?.string ?? ""
        let apiVersion = object["apiVersion"]?.string ?? ""
        guard let type = type(kind, apiVersion) else { return nil }
        var fields = object
        fields["kind"] = nil
        fields["apiVersion"] = nil
        guard let raw = try? message(fields, type) else { return nil }
        // Discovery's documents say only what they are.
        let version = kind.hasPrefix("API") ? "" : apiVersion
        let typeMeta = ProtobufWire.bytes(1, Array(version.utf8)) + ProtobufWire.bytes(2, Array(kind.utf8))
        return magic + ProtobufWire.bytes(1, typeMeta) + ProtobufWire.bytes(2, raw) + ProtobufWire.bytes(3, []) + ProtobufWire.bytes(4, [])
    }

    private static func type(_ kind: String, _ apiVersion: String) -> String? {
        if let known = unversioned[kind] { return known }
        guard let group = GroupVersion(apiVersion: apiVersion) else { return nil }
        let gvk = GroupVersionKind(group.group, group.version, kind)
        if let name = BuiltInSchemas.schema(of: gvk)?.node.typeName { return ProtobufMessages.all[name] == nil ? nil : name }
        guard kind.hasSuffix("List"),
            let item = BuiltInSchemas.schema(of: GroupVersionKind(group.group, group.version, String(kind.dropLast(4))))?.node.typeName
        else { return nil }
        return ProtobufMessages.all[item + "List"] == nil ? nil : item + "List"
    }

    // MARK: - Messages

    private static func message(_ value: Value, _ type: String) throws(Unknown) -> [UInt8] {
        guard let object = value.object, let known = ProtobufMessages.all[type] else { throw Unknown() }
        var rest = Set(object.filter { !$0.value.isNull }.map(\.key))
        let result = try fields(of: object, known, &rest)
        guard rest.isEmpty else { throw Unknown() }
        return result
    }

    private static func fields(
        of object: Fields, _ known: [UInt64: ProtobufMessages.Field], _ rest: inout Set<String>
    ) throws(Unknown) -> [UInt8] {
        var result: [UInt8] = []
        for (number, field) in known.sorted(by: { $0.key < $1.key }) {
            if field.shape == .inline {
                guard let inner = ProtobufMessages.all[field.type] else { throw Unknown() }
                result += ProtobufWire.bytes(number, try fields(of: object, inner, &rest))
                continue
            }
            guard let value = object[field.name], !value.isNull else { continue }
            rest.remove(field.name)
            switch field.shape {
            case .single, .inline: result += try single(number, value, field.type)
            case .list:
                guard let elements = value.array else { throw Unknown() }
                for element in elements { result += try single(number, element, field.type) }
            case .map:
                guard let entries = value.object else { throw Unknown() }
                for (key, entry) in entries {
                    result += ProtobufWire.bytes(number, ProtobufWire.bytes(1, Array(key.utf8)) + (try single(2, entry, field.type)))
                }
            }
        }
        return result
    }

    private static func single(_ number: UInt64, _ value: Value, _ type: String) throws(Unknown) -> [UInt8] {
        switch type {
        case "bool":
            guard let flag = value.bool else { throw Unknown() }
            return ProtobufWire.flag(number, flag)
        case "int32", "int64":
            guard let integer = value.int else { throw Unknown() }
            return ProtobufWire.integer(number, integer)
        case "double":
            guard let double = value.double else { throw Unknown() }
            return ProtobufWire.double(number, double)
        case "string":
            guard let text = value.string else { throw Unknown() }
            return ProtobufWire.text(number, text)
        case "bytes":
            guard let text = value.string else { throw Unknown() }
            return ProtobufWire.bytes(number, Base64.decode(text) ?? [])
        case "meta.v1.Time", "meta.v1.MicroTime":
            guard let time = value.string.flatMap({ Timestamp($0) }) else { throw Unknown() }
            let seconds = time.seconds
            let nanoseconds = (time.microseconds - seconds * 1_000_000) * 1000
            return ProtobufWire.bytes(
                number, ProtobufWire.integer(1, Int(seconds)) + ProtobufWire.integer(2, Int(nanoseconds)))
        case "api.resource.Quantity":
            guard let text = value.string else { throw Unknown() }
            return ProtobufWire.bytes(number, ProtobufWire.text(1, text))
        case "util.intstr.IntOrString":
            if let integer = value.int {
                return ProtobufWire.bytes(
                    number, [8, 0, 16] + ProtobufWire.varint(UInt64(bitPattern: Int64(integer))) + ProtobufWire.bytes(3, []))
            }
            guard let text = value.string else { throw Unknown() }
            return ProtobufWire.bytes(number, [8, 1, 16, 0] + ProtobufWire.bytes(3, Array(text.utf8)))
        case "runtime.RawExtension", "meta.v1.FieldsV1": return ProtobufWire.bytes(number, ProtobufWire.bytes(1, value.json))
        default:
            // A named list, such as Verbs or ExtraValue, is a message with one repeated field.
            guard let elements = value.array else { return ProtobufWire.bytes(number, try message(value, type)) }
            var list: [UInt8] = []
            for element in elements { list += try single(1, element, "string") }
            return ProtobufWire.bytes(number, list)
        }
    }
}
