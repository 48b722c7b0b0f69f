import ClusterClient
import ClusterObjects
import Logging
import Synchronization

/// Follows the pods that are bound to the node, and gives each a worker.
struct PodFollower: Sendable {
    let context: PodContext

    private enum News: Sendable {
        case pods(Reflector.Event)
        case source(String, ObjectKey)
        case ended(uid: String)
    }

    /// Works until it is cancelled.
    func run() async {
        let (news, mailbox) = AsyncStream<News>.makeStream()
        let client = context.client
        let logger = context.logger
        let mine = ListOptions(fieldSelector: "spec.nodeName=\(context.configuration.name)")
        await withDiscardingTaskGroup { group in
            group.addTask {
                await Reflector(client: client, resource: .pods, options: mine, logger: logger).run { mailbox.yield(.pods($0)) }
            }
            for (resource, prefix) in [(GroupVersionResource.configMaps, "configmaps"), (.secrets, "secrets")] {
                group.addTask {
                    await Reflector(client: client, resource: resource, logger: logger).run { event in
                        guard case .changed(let change) = event, change.kind != .bookmark else { return }
                        mailbox.yield(.source("\(prefix)/\(change.object.name)", change.object.key))
                    }
                }
            }
            var workers: [String: (worker: PodWorker, key: ObjectKey)] = [:]
            var isFirst = true

            func see(_ pod: Pod) {
                if let known = workers[pod.uid] {
                    known.worker.post(.updated(pod))
                    return
                }
                let worker = PodWorker(pod, context: context)
                workers[pod.uid] = (worker, pod.key)
                group.addTask {
                    await worker.run()
                    mailbox.yield(.ended(uid: pod.uid))
                }
            }

            for await item in news {
                switch item {
                case .pods(.listed(let objects, _)):
                    let seen = Set(objects.map(\.uid))
                    for (uid, known) in workers where !seen.contains(uid) { known.worker.post(.gone) }
                    for object in objects { see(Pod(object)) }
                    if isFirst {
                        isFirst = false
                        for directory in PodDirectory.all(node: context.configuration.directory) where !seen.contains(directory.uid) {
                            group.addTask { await clear(directory) }
                        }
                    }
                case .pods(.changed(let event)):
                    switch event.kind {
                    case .added, .modified: see(Pod(event.object))
                    case .deleted: workers[event.object.uid]?.worker.post(.gone)
                    case .bookmark: break
                    }
                case .source(let name, let key):
                    for (_, known) in workers where known.key.namespace == key.namespace { known.worker.post(.sourceChanged(name)) }
                case .ended(let uid): workers[uid] = nil
                }
            }
            group.cancelAll()
        }
    }

    /// Ends what was left of a pod that the API forgot while nobody was here.
    private func clear(_ directory: PodDirectory) async {
        await PodStopper(directory: directory, network: context.network, grace: nil).stop()
        guard !Task.isCancelled else { return }
        directory.remove()
    }
}
