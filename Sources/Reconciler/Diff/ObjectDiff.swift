import ClusterObjects
import ManifestLoader

/// What applying a commit would change of an object, as `kubectl diff` prints it: YAML of live against what would be live.
enum ObjectDiff {
    /// Empty when nothing would change. `before` nil: made anew; `after` nil: deleted.
    static func text(_ entry: InventoryEntry, before: Value?, after: Value?) -> String {
        var (old, new) = (before.map(shown), after.map(shown))
        if SecretMask.isSecret(entry.id) { (old, new) = SecretMask.mask(old, new) }
        if old != nil, new != nil {
            // Counted by the server on every change: says nothing.
            new?[path: "metadata", "generation"] = old?[path: "metadata", "generation"]
        }
        let hunks = UnifiedDiff.hunks(old.map(YAMLWriter.text) ?? "", new.map(YAMLWriter.text) ?? "")
        guard !hunks.isEmpty else { return "" }
        let name = fileName(entry)
        return "diff -u -N LIVE/\(name) MERGED/\(name)\n--- LIVE/\(name)\n+++ MERGED/\(name)\n" + hunks
    }

    private static func shown(_ value: Value) -> Value {
        var value = value
        value[path: "metadata", "managedFields"] = nil
        value[path: "metadata", "resourceVersion"] = nil
        return value
    }

    private static func fileName(_ entry: InventoryEntry) -> String {
        [entry.resource.group, entry.resource.version, entry.id.kind, entry.id.namespace, entry.id.name].filter { !$0.isEmpty }
            .joined(separator: ".")
    }
}
