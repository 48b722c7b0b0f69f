import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging
import ServiceLifecycle

/// Gives pods their nodes: watches, lets ``SchedulerCore`` decide, and performs that.
///
/// One task decides, so that no two pods are promised the same room; binding and telling run beside it.
public struct Scheduler: Service {
    private enum Input: Sendable {
        case seen(GroupVersionResource, Reflector.Event)
        case bound(PodInfo, APIError?)
        case volumesReserved(PodInfo, APIError?)
        case wake
    }

    private let client: any Client
    private let logger: Logger
    private let recorder: EventRecorder
    private let metrics: SchedulerMetrics
    private let now: @Sendable () -> Timestamp
    private let steady: @Sendable () -> Timestamp
    private let sleep: @Sendable (Double) async throws -> Void

    private static let batch = 64

    /// - Parameters:
    ///   - now: the wall clock, for dates.
    ///   - steady: a clock that nobody sets, for how long pods wait.
    ///   - sleep: seconds to wait; all three replaced in simulations.
    public init(
        client: any Client, metrics: Metrics = Metrics(), logger: Logger, now: @escaping @Sendable () -> Timestamp = { Timestamp.system() },
        steady: @escaping @Sendable () -> Timestamp = { Timestamp.steady() },
        sleep: @escaping @Sendable (Double) async throws -> Void = Reflector.systemSleep
    ) {
        self.client = client
        self.logger = logger
        self.metrics = SchedulerMetrics(metrics)
        self.now = now
        self.steady = steady
        self.sleep = sleep
        recorder = EventRecorder(client: client, component: "default-scheduler", logger: logger, now: now)
    }

    /// Runs until it is cancelled or the service group shuts down gracefully.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }

    private func work() async {
        let (inputs, feed) = AsyncStream<Input>.makeStream()
        await withDiscardingTaskGroup { group in
            group.addTask { await recorder.run() }
            for resource in SchedulerCore.watched {
                let reflector = Reflector(client: client, resource: resource, keepsManagedFields: false, logger: logger, sleep: sleep)
                group.addTask { await reflector.run { feed.yield(.seen(resource, $0)) } }
            }
            var core = SchedulerCore()
            var known = Listed()
            var wakeAt: Timestamp?
            for await input in inputs {
                var actions: [SchedulerCore.Action] = []
                switch input {
                case .seen(let resource, let event):
                    for change in known.changes(resource, event) { actions += core.observe(resource, change, at: steady()) }
                case .bound(let pod, let error):
                    core.bound(pod, succeeded: error == nil, isGone: error.map { $0.isNotFound || $0.isConflict } ?? false, at: steady())
                case .volumesReserved(let pod, let error): core.volumesReserved(pod, succeeded: error == nil, at: steady())
                case .wake: wakeAt = nil
                }
                guard known.isComplete else { continue }
                let next = core.tick(at: steady())
                actions += core.next(Self.batch, at: steady())
                metrics.waiting(core.waiting)
                let decided = steady()
                for action in actions { group.addTask { await perform(action, feed, decided: decided) } }
                if core.hasWork {
                    feed.yield(.wake)
                } else if let next {
                    let due = steady() + next
                    if wakeAt.map({ due < $0 }) ?? true {
                        wakeAt = due
                        group.addTask {
                            guard (try? await sleep(next + 0.001)) != nil else { return }
                            feed.yield(.wake)
                        }
                    }
                }
            }
            group.cancelAll()
        }
    }

    // MARK: - Performing

    private func perform(
        _ action: SchedulerCore.Action, _ feed: AsyncStream<Input>.Continuation, decided: Timestamp
    ) async {
        switch action {
        case .bind(let pod, let node):
            let error = await bind(pod, to: node)
            metrics.ended(error == nil ? .scheduled : .error, after: max(0, steady() - decided))
            feed.yield(.bound(pod, error))
        case .bindVolumes(let pod, let node, let bindings):
            feed.yield(.volumesReserved(pod, await reserve(bindings, for: pod, on: node)))
        case .report(let pod, let message, let nominated):
            recorder.record(EventDraft(subject(pod), .warning, "FailedScheduling", message))
            await report(pod, reason: "Unschedulable", message: message, nominated: nominated)
            metrics.ended(.unschedulable, after: max(0, steady() - decided))
        case .reportGated(let pod):
            await report(
                pod, reason: "SchedulingGated", message: "Scheduling is blocked due to non-empty scheduling gates", nominated: nil)
        case .evict(let victims, let pod, let node):
            metrics.preempted(victims.count)
            for victim in victims { await evict(victim, for: pod, node: node) }
        }
    }

    private func subject(_ pod: PodInfo) -> EventDraft.Subject { EventDraft.Subject(pod.object, apiVersion: "v1", kind: "Pod") }

    private func bind(_ pod: PodInfo, to node: String) async -> APIError? {
        let binding: Value = [
            "apiVersion": "v1", "kind": "Binding",
            "metadata": ["name": Value(pod.key.name), "namespace": Value(pod.key.namespace), "uid": Value(pod.uid)],
            "target": ["apiVersion": "v1", "kind": "Node", "name": Value(node)],
        ]
        do throws(APIError) {
            _ = try await client.create(
                .pods, namespace: pod.key.namespace, name: pod.key.name, subresource: "binding", object: binding,
                options: WriteOptions(fieldManager: "kube-scheduler"))
            recorder.record(
                EventDraft(subject(pod), .normal, "Scheduled", "Successfully assigned \(pod.key) to \(node)"))
            return nil
        } catch {
            logger.debug("not bound", metadata: ["pod": "\(pod.key)", "node": "\(node)", "error": "\(error)"])
            return error
        }
    }

    private func report(_ pod: PodInfo, reason: String, message: String, nominated: String?) async {
        let old = Pod(pod.object).condition("PodScheduled")
        guard old?.status != "False" || old?.reason != reason || old?.message != message || nominated != nil else { return }
        let since = old?.status == "False" ? old?.lastTransitionTime ?? now() : now()
        var status: Value = [
            "conditions": [
                [
                    "type": "PodScheduled", "status": "False", "reason": Value(reason), "message": Value(message),
                    "lastProbeTime": .null, "lastTransitionTime": Value(since.description),
                ]
            ]
        ]
        if let nominated { status["nominatedNodeName"] = Value(nominated) }
        _ = try? await client.patch(
            .pods, namespace: pod.key.namespace, name: pod.key.name, subresource: "status",
            patch: Patch(.strategic, ["metadata": ["uid": Value(pod.uid)], "status": status]),
            options: WriteOptions(fieldManager: "kube-scheduler"))
    }

    private func evict(_ victim: PodInfo, for pod: PodInfo, node: String) async {
        let message = "\(victim.schedulerName): preempting to accommodate a higher priority pod"
        let condition: Value = [
            "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": Value(message),
            "lastTransitionTime": Value(now().description),
        ]
        _ = try? await client.patch(
            .pods, namespace: victim.key.namespace, name: victim.key.name, subresource: "status",
            patch: Patch(.strategic, ["metadata": ["uid": Value(victim.uid)], "status": ["conditions": [condition]]]),
            options: WriteOptions(fieldManager: "kube-scheduler"))
        do throws(APIError) {
            _ = try await client.delete(
                .pods, namespace: victim.key.namespace, name: victim.key.name, options: DeleteOptions(uid: victim.uid))
            recorder.record(
                EventDraft(subject(victim), .normal, "Preempted", "Preempted by pod \(pod.uid) on node \(node)"))
        } catch {
            logger.debug("not preempted", metadata: ["pod": "\(victim.key)", "error": "\(error)"])
        }
    }

    private func reserve(_ bindings: [VolumeBinding.Binding], for pod: PodInfo, on node: String) async -> APIError? {
        let options = WriteOptions(fieldManager: "kube-scheduler")
        do throws(APIError) {
            for binding in bindings {
                switch binding {
                case .volume(let name, let key):
                    let claim = try await client.get(.persistentVolumeClaims, namespace: key.namespace, name: key.name)
                    let reference: Value = [
                        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": Value(key.namespace), "name": Value(key.name),
                        "uid": Value(claim.uid), "resourceVersion": Value(claim.resourceVersion),
                    ]
                    let body: Value = [
                        "metadata": ["annotations": ["pv.kubernetes.io/bound-by-controller": "yes"]], "spec": ["claimRef": reference],
                    ]
                    _ = try await client.patch(
                        .persistentVolumes, namespace: nil, name: name, subresource: nil, patch: Patch(.merge, body), options: options)
                case .provision(let key):
                    let body: Value = ["metadata": ["annotations": ["volume.kubernetes.io/selected-node": Value(node)]]]
                    _ = try await client.patch(
                        .persistentVolumeClaims, namespace: key.namespace, name: key.name, subresource: nil, patch: Patch(.merge, body),
                        options: options)
                }
            }
            return nil
        } catch {
            return error
        }
    }
}

/// Which objects the watches have shown, so that a new list can be told as changes.
private struct Listed {
    private var objects: [GroupVersionResource: [ObjectKey: APIObject]] = [:]
    private var unlisted = Set(SchedulerCore.watched)

    /// Everything has been listed once.
    var isComplete: Bool { unlisted.isEmpty }

    mutating func changes(_ resource: GroupVersionResource, _ event: Reflector.Event) -> [WatchEvent] {
        switch event {
        case .changed(let change):
            switch change.kind {
            case .bookmark: return []
            case .deleted: objects[resource]?[change.object.key] = nil
            case .added, .modified: objects[resource, default: [:]][change.object.key] = change.object
            }
            return [change]
        case .listed(let items, _):
            unlisted.remove(resource)
            let old = objects[resource] ?? [:]
            let new = Dictionary(items.map { ($0.key, $0) }) { $1 }
            objects[resource] = new
            let gone = old.filter { new[$0.key]?.uid != $0.value.uid }.map { WatchEvent(.deleted, $0.value) }
            return gone + items.filter { old[$0.key]?.resourceVersion != $0.resourceVersion }.map { WatchEvent(.added, $0) }
        }
    }
}
