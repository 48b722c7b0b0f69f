import ClusterAPI
import ClusterObjects

/// Which object of a cluster, whatever version of its kind a manifest is written in.
public struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var group: String
    public var kind: String
    public var namespace: String
    public var name: String

    public init(group: String, kind: String, namespace: String, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    /// `Deployment shop/web`.
    public var description: String { "\(kind) \(key)" }

    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.kind, left.group, left.namespace, left.name) < (right.kind, right.group, right.namespace, right.name)
    }
}

/// An object as a manifest says it, with where every field is written.
public struct LoadedObject: Sendable {
    public let id: ObjectID
    public let gvk: GroupVersionKind
    public let resource: GroupVersionResource
    public let isNamespaced: Bool
    /// Of a kind that the same commit defines: one that knows nothing.
    public let schema: Schema
    /// As written, with the namespace filled in.
    public let value: Value
    public let file: String
    let source: SourceMap
    /// Changes with the value; equal values have equal digests within one run of the program.
    public let digest: Int

    public var namespace: String { id.namespace }
    public var name: String { id.name }
    public var line: Int { Int(source.start.line) }

    /// Where the field at a path is written, or the nearest part around it.
    public func location(of path: [PathStep]) -> SourcePosition {
        // The namespace filled in was written by nobody: look the path up as if in the original.
        source.position(of: path, in: writtenValue)
    }

    let writtenValue: Value

    init(value written: Value, gvk: GroupVersionKind, kind: KnownKinds.Kind, file: String, source: SourceMap) {
        var value = written
        let name = written[path: "metadata", "name"]?.string ?? ""
        var namespace = ""
        if kind.isNamespaced {
            namespace = written[path: "metadata", "namespace"]?.string ?? ""
            if namespace.isEmpty { namespace = "default" }
            value[path: "metadata", "namespace"] = .string(namespace)
        } else {
            value[path: "metadata", "namespace"] = nil
        }
        id = ObjectID(group: gvk.group, kind: gvk.kind, namespace: namespace, name: name)
        self.gvk = gvk
        resource = kind.resource
        isNamespaced = kind.isNamespaced
        schema = kind.schema
        self.value = value
        writtenValue = written
        self.file = file
        self.source = source
        digest = value.hashValue
    }
}
