import ClusterAPI
import ClusterClient
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
    /// The commit that last changed the line; nil when it is not known.
    public var origin: LineOrigin?

    var value: Value {
        var value: Value = [
            "field": .string(field), "desired": desired, "line": Value(line), "column": Value(column), "manager": .string(manager),
        ]
        if let live { value["live"] = live }
        if let time { value["time"] = .string(time.description) }
        if let origin { value["changedIn"] = origin.value }
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
    /// Who deleted it and when; nil when it is there, or nobody knows.
    public var deletion: DeletionRecord?
    /// The commit that last changed the manifest's first line, of an object that is gone; nil when it is not known.
    public var origin: LineOrigin?

    /// One line for an object that is gone, one a field otherwise.
    public var lines: [String] {
        guard !isDeleted else {
            let how = deletion.map { "deleted by \($0.user) at \($0.time)" } ?? "deleted, noticed \(noticed.wholeSeconds)"
            return ["\(id): \(how) (\(file):\(line)\(ObjectDrift.changed(origin)))"]
        }
        return fields.map { drift in
            // A change of scale is recorded without a time.
            let when = drift.time.map { " at \($0)" } ?? ", noticed \(noticed.wholeSeconds)"
            let who = (drift.manager.isEmpty ? "" : " by \(drift.manager)") + when
            let live = drift.live.map(ObjectDrift.shown) ?? "nothing"
            return "\(id): \(drift.field): git says \(ObjectDrift.shown(drift.desired)), live is \(live)\(who)"
                + " (\(file):\(drift.line):\(drift.column)\(ObjectDrift.changed(drift.origin)))"
        }
    }

    private static func changed(_ origin: LineOrigin?) -> String { origin.map { ", changed in \($0.text)" } ?? "" }

    public var description: String { lines.joined(separator: "\n") }

    /// A value in a line of text: at most 80 characters of its JSON.
    static func shown(_ value: Value) -> String {
        if value == SecretMask.hidden { return "a secret value" }
        let text = value.jsonText
        return text.count > 80 ? text.prefix(79) + "…" : text
    }

    public var value: Value {
        var value: Value = [
            "object": .string(id.description), "group": .string(id.group), "kind": .string(id.kind), "namespace": .string(id.namespace),
            "name": .string(id.name), "file": .string(file), "line": Value(line), "commit": .string(commit), "deleted": .bool(isDeleted),
            "noticed": .string(noticed.description), "fields": .array(fields.map(\.value)),
        ]
        if let deletion { value["deletedBy"] = deletion.value }
        if let origin { value["changedIn"] = origin.value }
        return value
    }

    /// Takes over what had been found out of the same drift before: when it was noticed, who did it, which commits.
    mutating func takeOver(_ before: ObjectDrift?) {
        guard let before else { return }
        noticed = before.noticed
        if isDeleted, before.isDeleted { deletion = before.deletion }
        guard commit == before.commit else { return }
        if isDeleted { origin = before.origin }
        for index in fields.indices {
            fields[index].origin = before.fields.first { $0.field == fields[index].field && $0.line == fields[index].line }?.origin
        }
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
