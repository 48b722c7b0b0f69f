import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging
import ServiceLifecycle

/// Runs all controllers: watches what they read, queues what a change concerns, performs what they decide, tells of it.
///
/// Nothing is reconciled before every watched resource has been listed once.
public struct ControllerRuntime: Service {
    private let client: any Client
    private let controllers: [any Controller]
    /// What garbage is collected of; nil collects none.
    private let registry: Registry?
    private let metrics: Metrics
    private let cluster: ObservedCluster
    private let resources: [GroupVersionResource]
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Double) async throws -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - client: who writes; every write names `kube-controller-manager` as its field manager.
    ///   - registry: every resource that is served: what namespaces are emptied of and garbage is collected of.
    ///   - now: the wall clock, `sleep`: seconds to wait; both replaced in simulations.
    public init(
        client: any Client, registry: Registry, configuration: ControllerConfiguration = ControllerConfiguration(),
        metrics: Metrics = Metrics(),
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { Timestamp.system() },
        sleep: @escaping @Sendable (Double) async throws -> Void = Reflector.systemSleep
    ) {
        self.init(
            client: client, controllers: configuration.controllers(registry), registry: registry, metrics: metrics, logger: logger,
            now: now,
            sleep: sleep)
    }

    init(
        client: any Client, controllers: [any Controller], registry: Registry?, metrics: Metrics = Metrics(), logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Double) async throws -> Void
    ) {
        self.client = client
        self.controllers = controllers
        self.registry = registry
        self.metrics = metrics
        self.logger = logger
        self.now = now
        self.sleep = sleep
        resources = Set(controllers.flatMap { $0.watches.map(\.resource) }).sorted { $0.description < $1.description }
        cluster = ObservedCluster(resources)
    }

    /// Runs until it is cancelled or the service group shuts down gracefully.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }

    private func work() async {
        let executor = Executor(client: client, fieldManager: "kube-controller-manager")
        let (changes, feed) = AsyncStream<(GroupVersionResource, Reflector.Event)>.makeStream()
        await withDiscardingTaskGroup { group in
            var loops: [ControllerLoop] = []
            for controller in controllers {
                let recorder = EventRecorder(client: client, component: controller.name, logger: logger, now: now)
                group.addTask { await recorder.run() }
                let queue = WorkQueue(
                    parallelism: controller.parallelism, metrics: QueueMetrics(metrics, name: controller.name), now: now)
                let loop = ControllerLoop(
                    controller: controller, queue: queue, cluster: cluster,
                    isSeen: { [cluster] in cluster.hasSeen($0) }, executor: executor, client: client, recorder: recorder, now: now,
                    sleep: sleep, logger: logger)
                group.addTask { await loop.run() }
                loops.append(loop)
            }
            QueueMetrics.register(loops.map { ($0.controller.name, $0.queue) }, in: metrics, now: now)
            if let registry {
                let collector = GarbageCollector(client: client, registry: registry, now: now, sleep: sleep, logger: logger)
                group.addTask { await collector.run() }
            }
            for resource in resources {
                let reflector = Reflector(client: client, resource: resource, keepsManagedFields: false, logger: logger, sleep: sleep)
                group.addTask { await reflector.run { feed.yield((resource, $0)) } }
            }
            await dispatch(changes, to: loops)
            group.cancelAll()
        }
    }

    /// Feeds the cache and the queues. One task does it, so that a controller that is woken sees at least what woke it.
    private func dispatch(_ changes: AsyncStream<(GroupVersionResource, Reflector.Event)>, to loops: [ControllerLoop]) async {
        var concerned: [GroupVersionResource: [ControllerLoop]] = [:]
        for loop in loops {
            for resource in Set(loop.controller.watches.map(\.resource)) { concerned[resource, default: []].append(loop) }
        }
        var unlisted = Set(resources)
        var started = unlisted.isEmpty
        for await (resource, change) in changes {
            var events: [WatchEvent] = []
            switch change {
            case .changed(let event): events = [event]
            case .listed(let objects, let version):
                events = cluster.difference(resource, objects)
                unlisted.remove(resource)
                if let revision = UInt64(version) { cluster.advance(resource, to: revision) }
            }
            for event in events {
                let old = cluster.apply(resource, event)
                guard started else { continue }
                let new = event.kind == .deleted || event.kind == .bookmark ? nil : event.object
                for loop in concerned[resource] ?? [] { loop.changed(resource, old: old, new: new) }
            }
            if !started, unlisted.isEmpty {
                started = true
                logger.debug("controllers start")
                for resource in resources {
                    for object in cluster.objects(resource, in: nil) {
                        for loop in concerned[resource] ?? [] { loop.changed(resource, old: nil, new: object) }
                    }
                }
            }
        }
    }
}
