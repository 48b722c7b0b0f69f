/// Which labels an object must carry. Parsed from `metav1.LabelSelector` or from a `labelSelector=` query.
public struct LabelSelector: Sendable, Hashable, CustomStringConvertible {
    public enum Operator: Sendable, Hashable {
        case equals(String), notEquals(String)
        case isIn([String]), notIn([String])
        case exists, doesNotExist
        case greaterThan(Int), lessThan(Int)
    }

    public struct Requirement: Sendable, Hashable {
        public var key: String
        public var `operator`: Operator

        public init(_ key: String, _ operator: Operator) {
            self.key = key
            self.operator = `operator`
        }

        /// As Kubernetes: "not" operators also match when the label is absent.
        public func matches(_ value: String?) -> Bool {
            switch `operator` {
            case .equals(let wanted): value == wanted
            case .notEquals(let unwanted): value != unwanted
            case .isIn(let set): value.map(set.contains) ?? false
            case .notIn(let set): value.map { !set.contains($0) } ?? true
            case .exists: value != nil
            case .doesNotExist: value == nil
            case .greaterThan(let bound): value.flatMap { Int($0) }.map { $0 > bound } ?? false
            case .lessThan(let bound): value.flatMap { Int($0) }.map { $0 < bound } ?? false
            }
        }
    }

    public var requirements: [Requirement]
    /// A selector that matches no object at all (an absent `metav1.LabelSelector`).
    public var matchesNothing: Bool

    public init(_ requirements: [Requirement] = [], matchesNothing: Bool = false) {
        self.requirements = requirements
        self.matchesNothing = matchesNothing
    }

    public static let everything = LabelSelector()
    public static let nothing = LabelSelector(matchesNothing: true)

    public init(matching labels: [String: String]) {
        self.init(labels.sorted { $0.key < $1.key }.map { Requirement($0.key, .equals($0.value)) })
    }

    /// Reads a `metav1.LabelSelector` object: absent selects nothing, empty everything. An operator that is none of
    /// Kubernetes' selects nothing (validation has refused it before).
    public init(_ selector: Tree?) {
        guard let selector, selector.isObject else {
            self = .nothing
            return
        }
        var requirements = LabelSelector(matching: selector["matchLabels"]?.stringMap ?? [:]).requirements
        for expression in selector["matchExpressions"]?.elements ?? Tree.noElements {
            let key = expression["key"]?.string ?? ""
            let values = expression["values"]?.strings ?? []
            switch expression["operator"]?.string {
            case "In": requirements.append(Requirement(key, .isIn(values)))
            case "NotIn": requirements.append(Requirement(key, .notIn(values)))
            case "Exists": requirements.append(Requirement(key, .exists))
            case "DoesNotExist": requirements.append(Requirement(key, .doesNotExist))
            default:
                self = .nothing
                return
            }
        }
        self.init(requirements)
    }

    public var isEverything: Bool { requirements.isEmpty && !matchesNothing }

    public func matches(_ labels: [String: String]) -> Bool {
        !matchesNothing && requirements.allSatisfy { $0.matches(labels[$0.key]) }
    }

    /// As a `labelSelector=` query, keys in order: `app=web,tier in (a,b),!legacy`.
    public var description: String {
        requirements.map { requirement in
            let key = requirement.key
            return switch requirement.operator {
            case .equals(let value): "\(key)=\(value)"
            case .notEquals(let value): "\(key)!=\(value)"
            case .isIn(let set): "\(key) in (\(set.sorted().joined(separator: ",")))"
            case .notIn(let set): "\(key) notin (\(set.sorted().joined(separator: ",")))"
            case .exists: key
            case .doesNotExist: "!\(key)"
            case .greaterThan(let bound): "\(key)>\(bound)"
            case .lessThan(let bound): "\(key)<\(bound)"
            }
        }.joined(separator: ",")
    }
}

extension Tree {
    /// No elements, for `tree["list"]?.elements ?? Tree.noElements`.
    public static let noElements: Elements = Value.null.tree.elements

    /// The elements of a field, none when it is absent.
    public func elements(_ key: String) -> Elements { self[key]?.elements ?? Tree.noElements }
}

extension Value {
    /// This value as an immutable tree: written and read back. O(size).
    public var tree: Tree {
        let bytes = json
        if let tree = try? Tree(parsing: bytes, limits: JSONLimits(size: .max, depth: .max)) { return tree }
        // What the writer writes the parser reads, save more than 256 MiB, which no limit lets in.
        return Tree(Tree.Document(bytes: Array("null".utf8), tape: [0]), 0)
    }
}
