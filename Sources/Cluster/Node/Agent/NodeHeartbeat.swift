import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging

/// Registers the Node, says every ten seconds by a Lease that it lives, and every five minutes how it is.
struct NodeHeartbeat: Sendable {
    static let leaseSeconds = 40
    static let period = 10.0
    static let statusPeriod = 300.0

    let facts: NodeFacts
    let client: any Client
    let podCIDR: String
    let logger: Logger

    private var name: String { facts.configuration.name }

    /// Tries until it succeeds or is cancelled.
    func register() async {
        var delay = 0.1
        while !Task.isCancelled {
            do throws(APIError) {
                try await writeNode()
                return
            } catch {
                logger.warning("the node could not be registered; trying again", metadata: ["node": "\(name)", "error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(delay))
            delay = min(delay * 2, 10)
        }
    }

    /// Beats until it is cancelled.
    func run() async {
        var statusAt = Moment()
        while !Task.isCancelled {
            do throws(APIError) {
                let owner = try await client.get(.nodes, name: name)
                try await renew(owner)
                if NodeHeartbeat.isStale(statusAt) || Node(owner).isReady == false {
                    try await writeNode()
                    statusAt = Moment()
                }
            } catch {
                if error.isNotFound { await register() }
                logger.debug("heartbeat", metadata: ["node": "\(name)", "error": "\(error)"])
            }
            guard (try? await Task.sleep(for: .seconds(NodeHeartbeat.period))) != nil else { return }
        }
    }

    /// Whether a status was written long ago, or by a clock that has been set since: a heartbeat in the future would hide that the node
    /// falls silent.
    private static func isStale(_ written: Moment) -> Bool { written.passed >= statusPeriod || abs(written.setBy) > period }

    private func writeNode() async throws(APIError) {
        var node: APIObject
        do throws(APIError) { node = try await client.get(.nodes, name: name) } catch {
            guard error.isNotFound else { throw error }
            do throws(APIError) {
                node = try await client.create(
                    .nodes,
                    [
                        "apiVersion": "v1", "kind": "Node", "metadata": ["name": Value(name), "labels": Value(facts.labels)],
                        "spec": ["podCIDR": Value(podCIDR), "podCIDRs": [Value(podCIDR)]],
                    ])
            } catch {
                guard error.isAlreadyExists else { throw error }
                node = try await client.get(.nodes, name: name)
            }
        }
        if facts.labels.contains(where: { node.labels[$0.key] != $0.value }) {
            node = try await client.patch(
                .nodes, namespace: nil, name: name, subresource: nil, patch: Patch(.merge, ["metadata": ["labels": Value(facts.labels)]]),
                options: WriteOptions())
        }
        _ = try await client.patch(
            .nodes, namespace: nil, name: name, subresource: "status",
            patch: Patch(.strategic, ["status": facts.status(node.status, at: Timestamp.system().wholeSeconds)]), options: WriteOptions())
    }

    private func renew(_ owner: APIObject) async throws(APIError) {
        let now = Value(Timestamp.system().microDescription)
        do throws(APIError) {
            _ = try await client.patch(
                .leases, namespace: "kube-node-lease", name: name, subresource: nil, patch: Patch(.merge, ["spec": ["renewTime": now]]),
                options: WriteOptions())
        } catch {
            guard error.isNotFound else { throw error }
            _ = try await client.create(
                .leases, namespace: "kube-node-lease",
                [
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": [
                        "name": Value(name),
                        "ownerReferences": [["apiVersion": "v1", "kind": "Node", "name": Value(name), "uid": Value(owner.uid)]],
                    ],
                    "spec": ["holderIdentity": Value(name), "leaseDurationSeconds": Value(NodeHeartbeat.leaseSeconds), "renewTime": now],
                ])
        }
    }
}
