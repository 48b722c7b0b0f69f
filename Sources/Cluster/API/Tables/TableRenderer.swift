import ClusterObjects

/// Shows objects of one kind as a `Table`, which `kubectl get` prints: the columns of its registry entry, a row an object.
public struct TableRenderer: Sendable {
    /// What a row carries of its object: `includeObject=`.
    public enum IncludedObject: String, Sendable { case none = "None", metadata = "Metadata", object = "Object" }

    private let resource: Resource
    private let included: IncludedObject
    private let version: String
    private let now: Timestamp
    private let makeCells: TableRows.Cells

    /// - Parameter version: of `meta.k8s.io`: `v1` or `v1beta1`.
    public init(_ resource: Resource, including included: IncludedObject = .metadata, version: String = "v1", now: Timestamp) {
        self.resource = resource
        self.included = included
        self.version = version
        self.now = now
        makeCells = TableRows.cells(of: resource)
    }

    /// Reads the parameter `includeObject`; nothing means metadata.
    /// - Throws: 400.
    public static func included(_ text: String) throws(APIError) -> IncludedObject {
        if text.isEmpty { return .metadata }
        if let known = IncludedObject(rawValue: text) { return known }
        throw .badRequest(
            "Unable to convert to Table as requested: includeObject: Invalid value: \(Value.string(text).jsonText): "
                + "must be 'Metadata', 'Object', 'None', or empty")
    }

    /// The table of a list, as JSON. O(size of the objects).
    /// - Parameters:
    ///   - objects: with kind, apiVersion and resourceVersion, as they are read.
    ///   - metadata: of the list: resourceVersion, continue, remainingItemCount.
    ///   - withColumns: false for all but the first event of a watch.
    public func table(_ objects: [Tree], metadata: Value, withColumns: Bool = true) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024 + objects.count * 256)
        writer.raw(#"{"kind":"Table","apiVersion":"meta.k8s.io/\#(version)","metadata":"#)
        writer.write(metadata)
        writer.raw(#","columnDefinitions":"#)
        writer.write(withColumns ? .array(resource.tableColumns.map(\.definition)) : .null)
        writer.raw(#","rows":"#)
        if objects.isEmpty, hasDefaultColumns {
            writer.raw("null}")
            return writer.bytes
        }
        writer.raw("[")
        for (index, object) in objects.enumerated() {
            if index > 0 { writer.raw(",") }
            write(object, to: &writer)
        }
        writer.raw("]}")
        return writer.bytes
    }

    /// The table of one object, with the object's resourceVersion.
    public func table(_ object: Tree, withColumns: Bool = true) -> [UInt8] {
        let version = object[path: "metadata", "resourceVersion"]?.string ?? ""
        return table([object], metadata: version.isEmpty ? .emptyObject : ["resourceVersion": .string(version)], withColumns: withColumns)
    }

    private func write(_ object: Tree, to writer: inout JSONWriter) {
        writer.raw(#"{"cells":"#)
        writer.write(.array(makeCells(object, now)))
        if resource.gvr == GroupVersionResource("", "v1", "pods"), let condition = PodRow.condition(object) {
            writer.raw(#","conditions":["#)
            writer.write(condition)
            writer.raw("]")
        }
        writer.raw(#","object":"#)
        switch included {
        case .none: writer.raw("null")
        case .object: writer.raw(object.bytes)
        case .metadata:
            writer.raw(#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/\#(version)","metadata":"#)
            write(object["metadata"], to: &writer)
            writer.raw("}")
        }
        writer.raw("}")
    }

    private func write(_ metadata: Tree?, to writer: inout JSONWriter) {
        guard let metadata else { return writer.raw("{}") }
        // What apps/v1 shows of a DaemonSet's spec as an annotation is none of the object's own.
        let derived = "deprecated.daemonset.template.generation"
        guard resource.kind == "DaemonSet", metadata["annotations"]?[derived] != nil else { return writer.raw(metadata.bytes) }
        var own = metadata.value
        own["annotations", default: .emptyObject][derived] = nil
        if own["annotations"] == .emptyObject { own["annotations"] = nil }
        writer.write(own)
    }

    /// Kinds without columns of their own show name and creation.
    private var hasDefaultColumns: Bool { !resource.isCustom && resource.tableColumns.last?.name == "Created At" }
}

extension Resource {
    /// The columns of its tables: its own, or name and creation.
    var tableColumns: [TableColumn] {
        if !columns.isEmpty { return columns }
        return [
            TableColumn(name: "Name", type: "string", format: "name"), TableColumn(name: "Created At", type: "date"),
        ]
    }
}

extension TableColumn {
    /// An entry of `columnDefinitions`.
    var definition: Value {
        [
            "name": .string(name), "type": .string(type), "format": .string(format), "priority": Value(priority),
            "description": .string(shownDescription),
        ]
    }

    private var shownDescription: String {
        if !description.isEmpty { return description }
        if name == "Name", format == "name" { return TableColumn.ofName }
        if jsonPath.isEmpty { return name == "Age" || name == "Created At" ? TableColumn.ofCreation : "" }
        return "Custom resource definition column (in JSONPath format): \(jsonPath)"
    }
}
