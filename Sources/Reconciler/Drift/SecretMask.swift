import ClusterObjects
import ManifestLoader

/// Keeps what Secrets hold out of everything that is printed, logged or committed.
public enum SecretMask {
    /// An object as it may be printed.
    public static func shown(_ object: LoadedObject) -> Value {
        isSecret(object.id) ? mask(object.value, nil).0 ?? .null : object.value
    }

    static let hidden: Value = "<secret>"

    static func isSecret(_ id: ObjectID) -> Bool { id.group.isEmpty && id.kind == "Secret" }

    /// `stringData` as the `data` that the server makes of it.
    static func withData(_ secret: Value) -> Value {
        guard let plain = secret["stringData"]?.object else { return secret }
        var result = secret
        result["stringData"] = nil
        for (key, value) in plain {
            if let text = value.string { result[path: "data", key] = .string(Base64.encode(text.utf8)) }
        }
        return result
    }

    /// Whether a field of a Secret may hold what it keeps; annotations may hold a copy of the whole (`kubectl apply`).
    static func hides(_ path: [PathStep]) -> Bool {
        switch path.first {
        case .field("data"), .field("stringData"): true
        case .field("metadata"): path.count >= 2 && path[1] == .field("annotations")
        default: false
        }
    }

    /// Two states of a Secret for a diff: values as stars, different ones told apart, as `kubectl diff` does.
    static func mask(_ before: Value?, _ after: Value?) -> (Value?, Value?) {
        var (old, new) = (before.map(withData), after.map(withData))
        for place in [["data"], ["metadata", "annotations"]] {
            let was = old?[path: place]?.object ?? Fields()
            let now = new?[path: place]?.object ?? Fields()
            if place.count == 2 {
                let key = "kubectl.kubernetes.io/last-applied-configuration"
                hide(key, was[key], now[key], at: place, &old, &new)
                continue
            }
            for key in Set(was.keys + now.keys) { hide(key, was[key], now[key], at: place, &old, &new) }
        }
        return (old, new)
    }

    private static func hide(_ key: String, _ was: Value?, _ now: Value?, at place: [String], _ old: inout Value?, _ new: inout Value?) {
        let differ = was != nil && now != nil && was != now
        if was != nil { old?[path: place + [key]] = differ ? "*** (before)" : "***" }
        if now != nil { new?[path: place + [key]] = differ ? "*** (after)" : "***" }
    }
}
