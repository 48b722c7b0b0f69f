import ClusterObjects
import ClusterStore

/// How an object stands in the store, and what readers are given.
///
/// Stored bytes begin with the metadata and leave out what depends on the question: `kind`, `apiVersion` and `metadata.resourceVersion`.
/// These are put in front when the object is read, which copies the bytes and parses nothing.
enum ObjectBytes {
    private static let start = Array(#"{"metadata":{"#.utf8)
    private static let field = Array(#""resourceVersion":""#.utf8)

    /// The bytes to store of an object that has at least a name.
    static func stored(_ object: Value) -> [UInt8] {
        var metadata = object["metadata"] ?? .emptyObject
        metadata["resourceVersion"] = nil
        var writer = JSONWriter(capacity: 4096)
        writer.raw(#"{"metadata":"#)
        writer.write(metadata)
        for (key, value) in object.object ?? Fields() where key != "metadata" && key != "kind" && key != "apiVersion" {
            writer.raw(",")
            writer.write(key)
            writer.raw(":")
            writer.write(value)
        }
        writer.raw("}")
        return writer.bytes
    }

    /// What stands before the stored bytes of an object of this kind, up to its resourceVersion.
    static func prefix(_ gvk: GroupVersionKind?) -> [UInt8] {
        guard let gvk else { return Array(#"{"metadata":{"resourceVersion":""#.utf8) }
        return Array(#"{"kind":"\#(gvk.kind)","apiVersion":"\#(gvk.apiVersion)","metadata":{"resourceVersion":""#.utf8)
    }

    /// Appends the object as read at a revision.
    static func append(_ object: StoredObject, prefix: [UInt8], to output: inout [UInt8]) {
        if object.revision == 0 {
            // Of a dry run: it has none.
            output.append(contentsOf: prefix.dropLast(field.count))
        } else {
            output.append(contentsOf: prefix)
            output.append(contentsOf: String(object.revision).utf8)
            output.append(contentsOf: #"","#.utf8)
        }
        output.append(contentsOf: object.bytes[start.count...])
    }

    /// The object as read.
    static func read(_ object: StoredObject, as gvk: GroupVersionKind?) -> [UInt8] {
        let prefix = prefix(gvk)
        var output: [UInt8] = []
        output.reserveCapacity(prefix.count + object.bytes.count + 24)
        append(object, prefix: prefix, to: &output)
        return output
    }

    /// The object as read, parsed. What the store holds has been written by ``stored(_:)`` and its checksum verified.
    static func object(_ object: StoredObject, as gvk: GroupVersionKind) -> APIObject {
        (try? APIObject(parsing: read(object, as: gvk))) ?? APIObject(.emptyObject)
    }

    static func tree(_ object: StoredObject) -> Tree { (try? Tree(parsing: object.bytes)) ?? Value.emptyObject.tree }
}
