import ClusterAPI
import ClusterClient
import ClusterObjects

/// Reads and writes the Sync of a cluster: `syncs` of `skiff.dev/v1`, named after the cluster.
struct SyncObject: Sendable {
    let client: any Client
    let options: SourceOptions

    /// What it remembers, and the version that says so; a new one when there is none.
    func read() async throws(APIError) -> (status: SyncStatus, version: String) {
        let object = try await object()
        return (object.map(SyncStatus.init) ?? SyncStatus(), object?.resourceVersion ?? "")
    }

    /// The same where it has changed since a version; nil where it has not, of which nothing is read: an inventory is long.
    func read(since version: String) async throws(APIError) -> (status: SyncStatus, version: String)? {
        let object = try await object()
        let current = object?.resourceVersion ?? ""
        return current == version ? nil : (object.map(SyncStatus.init) ?? SyncStatus(), current)
    }

    private func object() async throws(APIError) -> APIObject? {
        do throws(APIError) { return try await client.get(.syncs, name: options.cluster) } catch  where error.isNotFound { return nil }
    }

    /// Stores the status, making the object first when it is not there. Answers the new version.
    /// - Parameter version: that was read last; empty for none.
    /// - Throws: a conflict when the object is of another version.
    func write(_ status: SyncStatus, over version: String, now: Timestamp) async throws(APIError) -> String {
        let spec: Value = [
            "repository": .string(options.shownRepository), "ref": .string(options.ref), "path": .string(options.path),
        ]
        var object: Value = [
            "apiVersion": "skiff.dev/v1", "kind": "Sync", "metadata": ["name": .string(options.cluster)], "spec": spec,
        ]
        if !version.isEmpty { object[path: "metadata", "resourceVersion"] = .string(version) }
        let current = try await apply(object)
        let written = try await client.patch(
            .syncs, namespace: nil, name: options.cluster, subresource: "status",
            patch: Patch(
                .merge,
                [
                    "metadata": ["resourceVersion": .string(current.resourceVersion)],
                    "status": status.value(now: now, previous: current.status?.value),
                ]),
            options: WriteOptions(fieldManager: Applier.manager))
        return written.resourceVersion
    }

    private func apply(_ value: Value) async throws(APIError) -> APIObject {
        let applier = Applier(client: client)
        do throws(APIError) {
            return try await applier.apply(value, .syncs, name: options.cluster, isPatient: false)
        } catch  where error.isNotServed {
            _ = try await applier.apply(SyncDefinition.value, .customResourceDefinitions, name: "syncs.skiff.dev")
            return try await applier.apply(value, .syncs, name: options.cluster)
        }
    }
}
