import ClusterObjects

/// A CustomResourceDefinition (`apiextensions.k8s.io/v1`) as its fields, read without complaint: what is wrong says
/// ``CustomResourceDefinitionRules``.
public struct CustomResourceDefinition: Sendable {
    public struct Version: Sendable {
        public let value: Value
        public var name: String { value["name"]?.string ?? "" }
        public var isServed: Bool { value["served"]?.bool ?? false }
        public var isStorage: Bool { value["storage"]?.bool ?? false }
        public var openAPISchema: Value? { value[path: "schema", "openAPIV3Schema"] }
        public var hasStatus: Bool { value[path: "subresources", "status"]?.object != nil }
        public var scale: Value? { value[path: "subresources", "scale"] }
        public var columns: [Value] { value["additionalPrinterColumns"]?.array ?? [] }
        public var selectableFields: [String] { (value["selectableFields"]?.array ?? []).compactMap { $0["jsonPath"]?.string } }
    }

    public let value: Value

    public init(_ value: Value) { self.value = value }

    public var name: String { value[path: "metadata", "name"]?.string ?? "" }
    public var group: String { value[path: "spec", "group"]?.string ?? "" }
    public var scope: String { value[path: "spec", "scope"]?.string ?? "" }
    public var names: Value { value[path: "spec", "names"] ?? .emptyObject }
    public var plural: String { names["plural"]?.string ?? "" }
    public var kind: String { names["kind"]?.string ?? "" }
    public var versions: [Version] { (value[path: "spec", "versions"]?.array ?? []).map(Version.init) }
    public var storageVersion: String? { versions.last(where: \.isStorage)?.name }
    public var storedVersions: [String] { value[path: "status", "storedVersions"]?.strings ?? [] }

    /// The status of a condition, e.g. `Established`; nil when it is not there.
    public func condition(_ type: String) -> String? {
        value[path: "status", "conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }

    public var isEstablished: Bool { condition("Established") == "True" }
}
