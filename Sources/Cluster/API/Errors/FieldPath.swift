/// Where in an object a value stands, written as Kubernetes does: `spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    public enum Step: Sendable, Hashable {
        case field(String)
        case index(Int)
        /// A key of a map.
        case key(String)
    }

    public var steps: [Step]

    public init(_ steps: [Step] = []) { self.steps = steps }
    /// `FieldPath("spec", "containers")`.
    public init(_ fields: String...) { steps = fields.map(Step.field) }

    public func field(_ name: String) -> FieldPath { FieldPath(steps + [.field(name)]) }
    public func index(_ index: Int) -> FieldPath { FieldPath(steps + [.index(index)]) }
    public func key(_ key: String) -> FieldPath { FieldPath(steps + [.key(key)]) }

    /// `path / "name"` is `path.field("name")`.
    public static func / (path: FieldPath, name: String) -> FieldPath { path.field(name) }

    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .field(let name): text += text.isEmpty ? name : ".\(name)"
            case .index(let index): text += "[\(index)]"
            case .key(let key): text += "[\(key)]"
            }
        }
        return text
    }
}
