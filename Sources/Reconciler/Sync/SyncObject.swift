import ClusterAPI
import ClusterClient
import ClusterObjects

/// Reads and writes the Sync of a cluster: `syncs` of `skiff.dev/v1`, named after the cluster.
struct SyncObject: Sendable {
    let client: any Client
    let options: SourceOptions

    /// What it remembers; a new one when there is none.
    func read() async throws(APIError) -> SyncStatus {
        do throws(APIError) {
            return SyncStatus(try await client.get(.syncs, name: options.cluster))
        } catch  where error.isNotFound {
            return SyncStatus()
        }
    }

    /// Stores the status, making the object first when it is not there.
    func write(_ status: SyncStatus, now: Timestamp) async throws(APIError) {
        let spec: Value = [
            "repository": .string(options.shownRepository), "ref": .string(options.ref), "path": .string(options.path),
        ]
        let current = try await client.patch(
            .syncs, namespace: nil, name: options.cluster, subresource: nil,
            patch: Patch(
                .apply,
                [
                    "apiVersion": "skiff.dev/v1", "kind": "Sync", "metadata": ["name": .string(options.cluster)], "spec": spec,
                ]),
            options: WriteOptions(fieldManager: Applier.manager, force: true))
        _ = try await client.patch(
            .syncs, namespace: nil, name: options.cluster, subresource: "status",
            patch: Patch(.merge, ["status": status.value(now: now, previous: current.status?.value)]),
            options: WriteOptions(fieldManager: Applier.manager))
    }
}
