import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging

/// Runs one controller: takes keys from its queue, asks it, performs what it decides.
struct ControllerLoop: Sendable {
    let controller: any Controller
    let queue: WorkQueue
    let expectations = Expectations()
    let cluster: any ClusterView
    let isSeen: @Sendable (Expectations.Write) -> Bool
    let executor: Executor
    let client: any Client
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp
    let sleep: @Sendable (Double) async throws -> Void
    let logger: Logger

    /// Works until it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await action in queue.actions {
                switch action {
                case .start(let key): group.addTask { await process(key) }
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

    /// A watched object has changed: queues the keys that it concerns. Runs where the cache is fed, so that the view shows at
    /// least this change.
    func changed(_ resource: GroupVersionResource, old: APIObject?, new: APIObject?) {
        for watched in controller.watches where watched.resource == resource {
            for key in watched.keys(old, new, cluster) { queue.add(key) }
        }
        for key in expectations.waiting(for: resource) { queue.add(key) }
    }

    private func process(_ key: ObjectKey) async {
        guard expectations.isSatisfied(key, at: now(), isSeen: isSeen) else {
            // The change that satisfies it queues the key again; the timer is for the change that never comes.
            queue.done(key, failed: false, requeueAfter: Expectations.timeout + 1)
            return
        }
        var request = Reconciliation(key: key, cluster: cluster, now: now(), failures: queue.failures(of: key), due: queue.takeDue(key))
        for lookup in controller.lookups(for: key, in: cluster) { request.answers[lookup] = await answer(lookup) }
        let decision = controller.reconcile(request)
        let result = await executor.perform(decision)
        expectations.expect(result.writes, for: key, at: now())
        for event in result.events { recorder.record(event) }
        for failure in result.failures where !failure.isConflict {
            logger.debug(
                "a change was refused",
                metadata: ["controller": "\(controller.name)", "key": "\(key)", "error": "\(failure)"])
        }
        if let problem = decision.problem {
            logger.debug("not done", metadata: ["controller": "\(controller.name)", "key": "\(key)", "problem": "\(problem)"])
        }
        queue.done(key, failed: !result.failures.isEmpty || decision.problem != nil, requeueAfter: result.requeueAfter)
    }

    private func answer(_ lookup: Lookup) async -> Result<[APIObject], APIFailure> {
        do throws(APIError) {
            switch lookup {
            case .get(let resource, let key):
                let namespace = key.namespace.isEmpty ? nil : key.namespace
                return .success([try await client.get(resource, namespace: namespace, name: key.name)])
            case .list(let resource, let namespace, let limit):
                var options = ListOptions()
                options.limit = limit
                let namespace = namespace.isEmpty ? nil : namespace
                return .success(try await client.list(resource, namespace: namespace, options: options).items)
            }
        } catch {
            return .failure(error)
        }
    }
}
