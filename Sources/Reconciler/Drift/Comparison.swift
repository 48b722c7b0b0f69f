import ClusterAPI
import ClusterObjects
import ManifestLoader

/// Where a live object is not what git says. Pure.
///
/// Only what git mentions is looked at: what is defaulted, what others add, and status are no differences. Lists are matched as
/// server-side apply matches them, by their keys.
struct Comparison {
    struct Difference: Sendable {
        /// In the manifest.
        var path: [PathStep]
        /// In the live object, as managedFields write it: `f:spec`, `k:{"name":"web"}`.
        var owned: [String]
        var desired: Value
        /// Nil where the live object has none.
        var live: Value?
    }

    private(set) var differences: [Difference] = []

    static func differences(desired: Value, live: Tree, schema: Schema, isSecret: Bool = false) -> [Difference] {
        var comparison = Comparison()
        let desired = isSecret ? SecretMask.withData(desired) : desired
        comparison.compare(desired, live.value, schema, [], [])
        return comparison.differences
    }

    private static let ignoredMetadata: Set = [
        "creationTimestamp", "resourceVersion", "uid", "generation", "managedFields", "selfLink", "namespace", "name",
    ]

    private mutating func compare(_ desired: Value, _ live: Value?, _ schema: Schema?, _ path: [PathStep], _ owned: [String]) {
        guard !desired.isNull else { return }
        guard let live, !live.isNull else {
            if !Comparison.saysNothing(desired) { note(desired, nil, path, owned) }
            return
        }
        switch (desired, live) {
        case (.object(let wanted), .object(let found)): compare(wanted, found, schema, path, owned)
        case (.array(let wanted), .array(let found)): compare(wanted, found, schema, path, owned)
        default: if !Comparison.areEqual(desired, live, schema) { note(desired, live, path, owned) }
        }
    }

    private mutating func compare(_ desired: Fields, _ live: Fields, _ schema: Schema?, _ path: [PathStep], _ owned: [String]) {
        for (name, value) in desired {
            if path.isEmpty, name == "status" || name == "apiVersion" || name == "kind" { continue }
            if path == [.field("metadata")], Comparison.ignoredMetadata.contains(name) { continue }
            compare(value, live[name], schema?.property(name), path + [.field(name)], owned + ["f:\(name)"])
        }
    }

    private mutating func compare(_ desired: [Value], _ live: [Value], _ schema: Schema?, _ path: [PathStep], _ owned: [String]) {
        let items = schema?.items
        switch schema?.node.listType ?? .atomic {
        case .map:
            let names = schema?.node.listMapKeys ?? []
            let known = Dictionary(
                live.map { (Comparison.keys(names, of: $0, items), $0) }, uniquingKeysWith: { first, _ in first })
            for (index, element) in desired.enumerated() {
                let keys = Comparison.keys(names, of: element, items)
                compare(element, known[keys], items, path + [.index(index)], owned + ["k:\(Value.object(keys).jsonText)"])
            }
        case .set:
            for (index, element) in desired.enumerated() where !live.contains(where: { Comparison.areEqual(element, $0, items) }) {
                note(element, nil, path + [.index(index)], owned + ["v:\(element.jsonText)"])
            }
        case .atomic:
            guard desired.count == live.count else { return note(.array(desired), .array(live), path, owned) }
            for (index, (element, found)) in zip(desired, live).enumerated() {
                // The list is owned as a whole: its elements' owners are its own.
                let before = differences.count
                compare(element, found, items, path + [.index(index)], owned)
                for place in before..<differences.count { differences[place].owned = owned }
            }
        }
    }

    private mutating func note(_ desired: Value, _ live: Value?, _ path: [PathStep], _ owned: [String]) {
        differences.append(Difference(path: path, owned: owned, desired: desired, live: live))
    }

    /// An element's keys, absent ones as the schema defaults them.
    private static func keys(_ names: [String], of element: Value, _ schema: Schema?) -> Fields {
        Fields(
            names.compactMap { name in
                (element[name] ?? schema?.property(name)?.node.default).map { (name, $0) }
            })
    }

    /// What the server stores as an absent field.
    private static func saysNothing(_ value: Value) -> Bool {
        switch value {
        case .null, .bool(false), .int(0), .string(""): true
        case .double(let number): number == 0
        case .array(let elements): elements.isEmpty
        case .object(let fields): fields.allSatisfy { saysNothing($0.value) }
        default: false
        }
    }

    private static func areEqual(_ desired: Value, _ live: Value, _ schema: Schema?) -> Bool {
        if desired == live { return true }
        if let node = schema?.node, node.typeName.hasSuffix("resource.Quantity") {
            guard let left = quantity(desired), let right = quantity(live) else { return false }
            return left == right
        }
        if let left = desired.double, let right = live.double { return left == right }
        if case .string(let left) = desired, case .string(let right) = live, schema?.node.format == "date-time" {
            return Timestamp(left).map { $0 == Timestamp(right) } ?? false
        }
        if case .string(let left) = desired, case .string(let right) = live, schema?.node.format == "byte" {
            return Base64.decode(left).map { $0 == Base64.decode(right) } ?? false
        }
        return false
    }

    private static func quantity(_ value: Value) -> Quantity? {
        switch value {
        case .string(let text): Quantity(text)
        case .int, .double: Quantity(value.jsonText)
        default: nil
        }
    }
}
