import ClusterAPI
import ClusterObjects
import ManifestLoader

/// One field of a live object that is not what git says. Values of Secrets are never held.
public struct FieldDrift: Sendable, Hashable {
    /// `spec.template.spec.containers[0].image`.
    public var field: String
    public var desired: Value
    /// Nil where the live object has none.
    public var live: Value?
    /// Where the manifest says it.
    public var line: Int
    public var column: Int
    /// Who set it; empty when nobody is known.
    public var manager: String
    public var time: Timestamp?

    var value: Value {
        var value: Value = [
            "field": .string(field), "desired": desired, "line": Value(line), "column": Value(column), "manager": .string(manager),
        ]
        if let live { value["live"] = live }
        if let time { value["time"] = .string(time.description) }
        return value
    }
}

/// An object whose live state is not what git says.
public struct ObjectDrift: Sendable, Hashable, CustomStringConvertible {
    public var id: ObjectID
    public var file: String
    public var line: Int
    /// The commit that says so.
    public var commit: String
    /// The object is gone; `fields` is empty then.
    public var isDeleted: Bool
    public var fields: [FieldDrift]
    /// When it was noticed first.
    public var noticed: Timestamp

    /// One line for an object that is gone, one a field otherwise.
    public var lines: [String] {
        guard !isDeleted else { return ["\(id): deleted, noticed \(noticed) (\(file):\(line))"] }
        return fields.map { drift in
            let who = drift.manager.isEmpty ? "" : " by \(drift.manager)" + (drift.time.map { " at \($0)" } ?? "")
            let live = drift.live.map(ObjectDrift.shown) ?? "nothing"
            return "\(id): \(drift.field): git says \(ObjectDrift.shown(drift.desired)), live is \(live)\(who)"
                + " (\(file):\(drift.line):\(drift.column))"
        }
    }

    public var description: String { lines.joined(separator: "\n") }

    /// A value in a line of text: at most 80 characters of its JSON.
    static func shown(_ value: Value) -> String {
        if value == SecretMask.hidden { return "a secret value" }
        let text = value.jsonText
        return text.count > 80 ? text.prefix(79) + "…" : text
    }

    public var value: Value {
        [
            "object": .string(id.description), "group": .string(id.group), "kind": .string(id.kind), "namespace": .string(id.namespace),
            "name": .string(id.name), "file": .string(file), "line": Value(line), "commit": .string(commit), "deleted": .bool(isDeleted),
            "noticed": .string(noticed.description), "fields": .array(fields.map(\.value)),
        ]
    }

    /// Compares a manifest with the live object; nil when they agree. `live` nil: the object is gone.
    /// - Parameter accepted: what the server makes of a field of this manifest, whatever it is told.
    static func find(
        _ object: LoadedObject, live: APIObject?, commit: String, accepted: [[PathStep]: Value?] = [:], now: Timestamp
    ) -> ObjectDrift? {
        var drift = ObjectDrift(
            id: object.id, file: object.file, line: object.line, commit: commit, isDeleted: live == nil, fields: [], noticed: now)
        guard let live else { return drift }
        let isSecret = SecretMask.isSecret(object.id)
        let found = Comparison.differences(desired: object.value, live: live.tree, schema: object.schema, isSecret: isSecret)
        drift.fields = found.compactMap { difference in
            if let known = accepted[difference.path], known == difference.live { return nil }
            let position = object.location(of: ObjectDrift.written(difference.path, in: object))
            let owner = FieldOwner.of(difference.owned, in: live)
            let hidden = isSecret && SecretMask.hides(difference.path)
            return FieldDrift(
                field: difference.path.fieldText, desired: hidden ? SecretMask.hidden : difference.desired,
                live: hidden ? difference.live.map { _ in SecretMask.hidden } : difference.live, line: Int(position.line),
                column: Int(position.column), manager: owner?.manager ?? "", time: owner?.time)
        }
        return drift.fields.isEmpty ? nil : drift
    }

    /// `data` of a Secret may be written as `stringData`.
    private static func written(_ path: [PathStep], in object: LoadedObject) -> [PathStep] {
        guard SecretMask.isSecret(object.id), path.count == 2, path[0] == .field("data"), case .field(let key) = path[1],
            object.value[path: "stringData", key] != nil
        else { return path }
        return [.field("stringData"), path[1]]
    }
}
