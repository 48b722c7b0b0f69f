import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging
import Synchronization

/// Deletes what its owners have left behind, over every resource that is served, custom ones included.
///
/// Watches names and owners of everything (``GarbageGraph``), asks the server itself before it deletes, and lets
/// ``GarbageDecision`` decide.
struct GarbageCollector: Sendable {
    let client: any Client
    let registry: Registry
    let now: @Sendable () -> Timestamp
    let sleep: @Sendable (Double) async throws -> Void
    let logger: Logger

    /// What can be garbage: what can be listed, watched and deleted, each stored collection once.
    private var resources: [Resource] {
        registry.all.filter { resource in
            resource.storedAs == nil && resource.groupResource != GroupResource("", "events")
                && resource.groupResource != GroupResource("events.k8s.io", "events")
                && ["list", "watch", "delete"].allSatisfy(resource.verbs.contains)
        }
    }

    /// Works until it is cancelled.
    func run() async {
        let queue = WorkQueue(parallelism: 16, now: now)
        let state = SharedGraph()
        let (changes, feed) = AsyncStream<(Resource, Reflector.Event)>.makeStream()
        await withDiscardingTaskGroup { group in
            group.addTask { await perform(queue, state) }
            var following: Set<GroupVersionResource> = []
            var unlisted: Set<GroupVersionResource> = []
            var early: Set<String> = []
            func follow(_ group: inout DiscardingTaskGroup) {
                var collections = Set(following.map(\.groupResource))
                for resource in resources where collections.insert(resource.groupResource).inserted {
                    following.insert(resource.gvr)
                    unlisted.insert(resource.gvr)
                    let reflector = Reflector(client: client, resource: resource.gvr, logger: logger, sleep: sleep)
                    group.addTask { await reflector.run { feed.yield((resource, $0)) } }
                }
            }
            follow(&group)
            var generation = registry.generation
            for await (resource, event) in changes {
                let concerned: Set<String>
                switch event {
                case .changed(let change):
                    concerned = state.edit { $0.apply(change.kind, change.object, resource.gvr, kindName: resource.kind) }
                case .listed(let objects, _):
                    concerned = state.edit { $0.listed(objects, resource.gvr, kindName: resource.kind) }
                    unlisted.remove(resource.gvr)
                }
                if registry.generation != generation {
                    generation = registry.generation
                    follow(&group)
                }
                // Before everything is known an owner that is merely not seen yet looks absent.
                early.formUnion(concerned)
                guard unlisted.isEmpty else { continue }
                for uid in early { queue.add(ObjectKey(name: uid)) }
                early = []
            }
            group.cancelAll()
        }
    }

    private func perform(_ queue: WorkQueue, _ state: SharedGraph) async {
        let executor = Executor(client: client, fieldManager: "kube-controller-manager")
        await withDiscardingTaskGroup { group in
            for await action in queue.actions {
                switch action {
                case .start(let key):
                    group.addTask {
                        let problem = await process(key.name, state, executor, queue)
                        queue.done(key, failed: problem)
                    }
                case .wake(let key, let seconds):
                    group.addTask {
                        guard (try? await sleep(seconds)) != nil else { return }
                        queue.rang(key)
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Whether it must be tried again.
    private func process(_ uid: String, _ state: SharedGraph, _ executor: Executor, _ queue: WorkQueue) async -> Bool {
        guard let (node, dependents) = state.look(uid) else { return false }
        if node.isBeingDeleted, !node.waitsForDependents, !node.orphansDependents { return false }
        let live: APIObject
        do throws(APIError) {
            live = try await client.get(
                node.resource, namespace: node.key.namespace.isEmpty ? nil : node.key.namespace, name: node.key.name)
        } catch {
            return !error.isNotFound
        }
        guard live.uid == uid else { return false }
        var owners: [GarbageDecision.Owner] = []
        if !live.isBeingDeleted {
            for reference in live.ownerReferences { owners.append(await look(reference, from: live.namespace, state)) }
        }
        let decision = GarbageDecision.decide(node, live: live, owners: owners, dependents: dependents)
        let result = await executor.perform(decision)
        if node.waitsForDependents {
            for dependent in dependents where !dependent.isBeingDeleted { queue.add(ObjectKey(name: dependent.uid)) }
        }
        for failure in result.failures where !failure.isConflict {
            logger.debug("garbage not collected", metadata: ["object": "\(node.kind) \(node.key)", "error": "\(failure)"])
        }
        return !result.failures.isEmpty || decision.problem != nil
    }

    private func look(_ reference: OwnerReference, from namespace: String, _ state: SharedGraph) async -> GarbageDecision.Owner {
        if let known = state.look(reference.uid)?.node, known.isMeant(by: reference, from: namespace) {
            return known.waitsForDependents ? .waits : .exists
        }
        guard let version = GroupVersion(apiVersion: reference.apiVersion),
            let resource = registry.resource(GroupVersionKind(version.group, version.version, reference.kind))
        else { return .unknown }
        // A cluster-scoped object cannot be owned by one in a namespace.
        if resource.isNamespaced, namespace.isEmpty { return .unknown }
        do throws(APIError) {
            let owner = try await client.get(resource.gvr, namespace: resource.isNamespaced ? namespace : nil, name: reference.name)
            guard owner.uid == reference.uid else { return .absent }
            return owner.isBeingDeleted && owner.finalizers.contains("foregroundDeletion") ? .waits : .exists
        } catch {
            return error.isNotFound ? .absent : .unknown
        }
    }
}

/// The graph, which one task edits and others read.
private final class SharedGraph: Sendable {
    private let state = Mutex(GarbageGraph())

    /// A node and those that name it as an owner. (Not the graph: a copy held elsewhere would make every edit copy it whole.)
    func look(_ uid: String) -> (node: GarbageGraph.Node, dependents: [GarbageGraph.Node])? {
        state.withLock { graph in graph.nodes[uid].map { ($0, graph.dependents(of: uid)) } }
    }
    func edit<Result: Sendable>(_ body: (inout GarbageGraph) -> Result) -> Result { state.withLock { body(&$0) } }
}
