import ClusterClient
import ManifestLoader

/// Drift that explains itself: which commit wrote the line, and who deleted what is gone.
extension Reconciler {
    /// Of an object with more, the fields beyond these go without their commits.
    private static let mostFields = 20

    /// Adds what only the history and the server know. What cannot be found out is left out.
    func explained(_ drift: ObjectDrift) async -> ObjectDrift {
        var drift = drift
        if drift.isDeleted {
            if drift.deletion == nil, let object = tracked[drift.id]?.object {
                let namespace = object.isNamespaced ? object.namespace : nil
                drift.deletion = await client.deletion(object.resource, namespace: namespace, name: object.name)
            }
            if drift.origin == nil { drift.origin = await origins.origin(of: drift.file, line: drift.line, at: drift.commit) }
        }
        for index in drift.fields.indices.prefix(Reconciler.mostFields) where drift.fields[index].origin == nil {
            drift.fields[index].origin = await origins.origin(of: drift.file, line: drift.fields[index].line, at: drift.commit)
        }
        return drift
    }

    /// Explains the drift of an object that is still as it was meanwhile, and answers it.
    func explain(_ id: ObjectID) async -> ObjectDrift? {
        guard let drift = tracked[id]?.drift else { return nil }
        let explained = await explained(drift)
        if tracked[id]?.drift == drift { tracked[id]?.drift = explained }
        return explained
    }

    /// Tells of drift that is new, each once.
    func announceDrift() async {
        while let id = unannounced.popFirst() {
            if let drift = await explain(id) { say.yield(.drift(drift)) }
        }
    }
}
