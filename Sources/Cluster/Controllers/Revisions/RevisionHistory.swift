import ClusterClient
import ClusterObjects

/// The revisions of a StatefulSet or DaemonSet: finds or makes the one of its template, drops old ones
/// (k8s.io/kubernetes/pkg/controller/history).
struct RevisionHistory {
    var owner: APIObject
    var kind: String
    /// Label that carries the hash.
    var hashLabel: String
    var collisions: Int?
    /// The owner's revisions, oldest first.
    let revisions: [ControllerRevision]
    private let inTheWay: [String: APIObject]
    /// Adoptions to be done first.
    private(set) var claims: [Change] = []

    /// A revision that exists, or is about to.
    struct Entry {
        var name: String
        var hash: String
        var template: Value
        var revision: Int
    }

    init(owner: APIObject, kind: String, hashLabel: String, collisions: Int?, selector: LabelSelector, in cluster: any ClusterView) {
        self.owner = owner
        self.kind = kind
        self.hashLabel = hashLabel
        self.collisions = collisions
        let candidates = cluster.candidates(.controllerRevisions, of: owner, selector)
        let ownership = Ownership(
            owner: owner, apiVersion: "apps/v1", kind: kind, resource: .controllerRevisions, selector: selector)
        let claim = ownership.claim(candidates)
        claims = claim.changes
        revisions = claim.owned.map(ControllerRevision.init).sorted { left, right in
            if left.revision != right.revision { return left.revision < right.revision }
            if left.object.creationTimestamp != right.object.creationTimestamp {
                return left.object.creationTimestamp ?? Timestamp(seconds: 0) < right.object.creationTimestamp ?? Timestamp(seconds: 0)
            }
            return left.name < right.name
        }
        inTheWay = Dictionary(
            cluster.objects(.controllerRevisions, in: owner.namespace).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func entry(_ revision: ControllerRevision) -> Entry {
        Entry(
            name: revision.name, hash: revision.labels[hashLabel] ?? "", template: revision.template, revision: revision.revision)
    }

    func entry(named name: String) -> Entry? { revisions.first { $0.name == name }.map(entry) }

    /// The revision of the template as it is now, and what must be written for it: a new one, or an old one that counts as the
    /// newest again.
    mutating func current(_ template: Value) -> (Entry, [Change]) {
        var kept = template
        kept["$patch"] = "replace"
        let data: Value = ["spec": ["template": kept]]
        let next = (revisions.last?.revision ?? 0) + 1
        if let same = revisions.last(where: { $0.data == data }) {
            var entry = entry(same)
            if same.uid == revisions.last?.uid { return (entry, []) }
            entry.revision = next
            var draft = same.object.draft
            draft["revision"] = Value(next)
            return (entry, [.update(.controllerRevisions, same.key, draft)])
        }
        var hash = SafeHash.template(kept, collisions: collisions)
        while let other = inTheWay["\(owner.name)-\(hash)"], ControllerRevision(other).data != data || other.controller != nil {
            collisions = (collisions ?? 0) + 1
            hash = SafeHash.template(kept, collisions: collisions)
        }
        let name = "\(owner.name)-\(hash)"
        var labels = template[path: "metadata", "labels"]?.stringMap ?? [:]
        labels[hashLabel] = hash
        var metadata: Value = [
            "name": Value(name), "namespace": Value(owner.namespace), "labels": Value(labels),
            "ownerReferences": [OwnerReference(controller: owner, apiVersion: "apps/v1", kind: kind).value],
        ]
        if !owner.annotations.isEmpty { metadata["annotations"] = Value(owner.annotations) }
        let object: Value = [
            "apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "data": data, "revision": Value(next),
        ]
        let entry = Entry(name: name, hash: hash, template: template, revision: next)
        return (entry, [.create(.controllerRevisions, namespace: owner.namespace, object, tag: "revision")])
    }

    /// Deletes the oldest revisions beyond the limit that no pod and no status names.
    func truncation(limit: Int, live: Set<String>) -> [Change] {
        let idle = revisions.filter { !live.contains($0.name) && !live.contains($0.labels[hashLabel] ?? "") }
        return idle.prefix(max(0, idle.count - limit)).map { .delete(.controllerRevisions, $0.object, tag: "truncate") }
    }
}
