import ClusterObjects
import Glibc

/// Stops pods without an API server, from what their directories say: for `skiff down`, and for the end of `skiff up`.
struct PodStopper: Sendable {
    let directory: PodDirectory
    let network: NodeNetwork?
    /// Instead of the pod's own grace period.
    let grace: Int?

    /// Returns when nothing of the pod runs any more. Cancelled, it kills what is left.
    func stop() async {
        guard let shim = directory.shim else { return }
        if let pod = directory.pod {
            let seconds = Double(clamping: grace ?? pod.terminationGracePeriodSeconds)
            let end = ContinuousClock.now + .seconds(seconds)
            let sidecars = pod.initContainers.filter(\.isSidecar).reversed()
            // Each has at least a little time after its stop signal; only what does not answer takes all of this.
            let longest = seconds + Double(1 + sidecars.count) * ContainerSituation.Stop.shortest
            _ = try? await Deadline.run(seconds: max(longest, 0)) {
                if seconds > 0 {
                    let last = sidecars.map(\.name)
                    try await stop(of: pod, before: end) { !last.contains($0) }
                    for sidecar in last { try await stop(of: pod, before: end) { $0 == sidecar } }
                }
            }
        }
        // A cancelled wait for its answer still has asked it.
        try? await directory.client.quit()
        let ended: Void? = try? await Deadline.run(seconds: 5) { try await shim.ended() }
        if ended == nil { shim.kill(SIGKILL) }
        unlink("\(directory.path)/address")
    }

    /// Stops containers that run, as the shim tells: ephemeral ones may have come after the pod was written down.
    /// - Parameters:
    ///   - end: when the grace period is over.
    ///   - isMeant: whether a container of that name is to be stopped now.
    private func stop(of pod: Pod, before end: ContinuousClock.Instant, _ isMeant: (String) -> Bool) async throws {
        var running: Set<String> = []
        var isSynced = false
        try await withThrowingTaskGroup(of: Void.self) { group in
            for try await event in try directory.client.events() {
                switch event {
                case .running(let name, _, _): if !isSynced, isMeant(name) { running.insert(name) }
                case .exited(let name, _, _, _, _): running.remove(name)
                case .synced:
                    isSynced = true
                    for name in running {
                        // One that is not written down is ephemeral, which has no hooks and no signal of its own.
                        let container = pod.allContainers.first { $0.name == name } ?? (["name": .string(name)] as Value).tree
                        group.addTask { try await finish(container, before: end) }
                    }
                }
                if isSynced, running.isEmpty { break }
            }
            group.cancelAll()
        }
    }

    /// Asks it to end, and kills it when its time is over.
    private func finish(_ container: Tree, before end: ContinuousClock.Instant) async throws {
        if let network {
            let runner = ProbeRunner(client: directory.client, network: network, address: directory.address ?? network.gateway)
            _ = await ContainerStopper(runner: runner).stop(container, seconds: (end - .now) / .seconds(1))
        } else {
            try? await directory.client.signal(container.name, SIGTERM)
        }
        try await Task.sleep(until: max(end, .now + .seconds(ContainerSituation.Stop.shortest)), clock: .continuous)
        try? await directory.client.signal(container.name, SIGKILL)
    }
}

extension NodeAgent {
    /// Stops all pods of a node's directory, each within its grace period, and then the node's network; also when no engine runs.
    /// - Parameter grace: seconds instead of the pods' own; 0 kills at once.
    public static func stopPods(directory: String, grace: Int? = nil) async {
        let network = NodeNetwork.existing(directory: directory)
        await withDiscardingTaskGroup { group in
            for pod in PodDirectory.all(node: directory) {
                group.addTask { await PodStopper(directory: pod, network: network, grace: grace).stop() }
            }
        }
        await NodeNetwork.end(directory: directory)
    }

    /// How many pods of a node's directory run.
    public static func runningPods(directory: String) -> Int {
        PodDirectory.all(node: directory).filter { $0.shim != nil }.count
    }
}
