import ClusterObjects

/// What a patch made of an object, as kube-apiserver quotes it when the result does not fit the kind.
///
/// What the patch left alone is as Go's encoder wrote it, fields in the order of their struct; what it touched is sorted.
public enum PatchedText {
    public static func json(_ patched: Value, before: Value, schema: Schema) -> String {
        var writer = JSONWriter()
        write(patched, before, schema, to: &writer)
        return writer.text
    }

    /// A strategic merge patch is quoted itself, as Go prints a map.
    public static func strategic(_ patch: Value) -> String { patch.goText }

    private static func write(_ value: Value, _ before: Value?, _ schema: Schema?, to writer: inout JSONWriter) {
        guard let fields = value.object, let old = before?.object, value != before else {
            write(untouched: value, schema, to: &writer)
            return
        }
        write(Array(fields), to: &writer) { key, child, writer in write(child, old[key], schema?.property(key), to: &writer) }
    }

    private static func write(untouched value: Value, _ schema: Schema?, to writer: inout JSONWriter) {
        switch value {
        case .object(let fields):
            let order = schema.flatMap { ProtobufMessages.all[$0.node.typeName] } ?? [:]
            let places = Dictionary(order.values.map { ($0.name, $0.place) }) { first, _ in first }
            let sorted = fields.sorted { (places[$0.key] ?? 0, $0.key) < (places[$1.key] ?? 0, $1.key) }
            write(sorted.map { ($0.key, $0.value) }, to: &writer) { key, child, writer in
                write(untouched: child, schema?.property(key), to: &writer)
            }
        case .array(let elements):
            writer.raw("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.raw(",") }
                write(untouched: element, schema?.items, to: &writer)
            }
            writer.raw("]")
        default: writer.write(value)
        }
    }

    private static func write(
        _ pairs: [(key: String, value: Value)], to writer: inout JSONWriter, each: (String, Value, inout JSONWriter) -> Void
    ) {
        writer.raw("{")
        for (index, (key, value)) in pairs.enumerated() {
            if index > 0 { writer.raw(",") }
            writer.write(key)
            writer.raw(":")
            each(key, value, &writer)
        }
        writer.raw("}")
    }
}
