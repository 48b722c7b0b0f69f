/// Where in an object a value stands, written as Kubernetes does: `spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`.
///
/// A chain of steps, each with the one before: checks go down to far more fields than they ever name, and one step down is one small
/// allocation whatever the depth.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    public enum Step: Sendable, Hashable {
        case field(String)
        case index(Int)
        /// A key of a map.
        case key(String)
    }

    private final class Link: Sendable {
        let step: Step
        let before: Link?

        init(_ step: Step, after before: Link?) {
            self.step = step
            self.before = before
        }
    }

    private var last: Link?

    public init(_ steps: [Step] = []) {
        for step in steps { last = Link(step, after: last) }
    }

    /// `FieldPath("spec", "containers")`.
    public init(_ fields: String...) { self.init(fields.map(Step.field)) }

    private init(_ step: Step, below path: FieldPath) { last = Link(step, after: path.last) }

    public var isEmpty: Bool { last == nil }

    /// From the root down. O(depth).
    public var steps: [Step] {
        var steps: [Step] = []
        var link = last
        while let here = link {
            steps.append(here.step)
            link = here.before
        }
        return steps.reversed()
    }

    public func field(_ name: String) -> FieldPath { FieldPath(.field(name), below: self) }
    public func index(_ index: Int) -> FieldPath { FieldPath(.index(index), below: self) }
    public func key(_ key: String) -> FieldPath { FieldPath(.key(key), below: self) }

    /// `path / "name"` is `path.field("name")`.
    public static func / (path: FieldPath, name: String) -> FieldPath { path.field(name) }

    public static func == (left: FieldPath, right: FieldPath) -> Bool { left.steps == right.steps }
    public func hash(into hasher: inout Hasher) { hasher.combine(steps) }

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
