import ClusterClient
import ClusterObjects
import Logging
import Synchronization

/// Follows the pods that are bound to the node, and gives each a worker.
struct PodFollower: Sendable {
    let context: PodContext

    private enum News: Sendable {
        case pods(Reflector.Event)
        case source(PodSource)
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
            var workers: [String: PodWorker] = [:]
            var sources = PodSources()
            var watches: [PodSource: AsyncStream<Never>.Continuation] = [:]
            var isFirst = true

            /// Until its stream is finished.
            func watch(_ source: PodSource) {
                let (stream, end) = AsyncStream<Never>.makeStream()
                watches[source] = end
                let options = ListOptions(fieldSelector: "metadata.name=\(source.name)")
                let reflector = Reflector(
                    client: client, resource: source.resource, namespace: source.namespace, options: options, logger: logger)
                group.addTask {
                    await withTaskGroup(of: Void.self) { race in
                        race.addTask {
                            await reflector.run { event in
                                if case .changed(let change) = event, change.kind == .bookmark { return }
                                mailbox.yield(.source(source))
                            }
                        }
                        race.addTask { for await _ in stream {} }
                        await race.next()
                        race.cancelAll()
                    }
                }
            }

            func see(_ pod: Pod) {
                if let known = workers[pod.uid] {
                    known.post(.updated(pod))
                    return
                }
                let worker = PodWorker(pod, context: context)
                workers[pod.uid] = worker
                for source in sources.add(pod) { watch(source) }
                group.addTask {
                    await worker.run()
                    mailbox.yield(.ended(uid: pod.uid))
                }
            }

            for await item in news {
                switch item {
                case .pods(.listed(let objects, _)):
                    let seen = Set(objects.map(\.uid))
                    for (uid, known) in workers where !seen.contains(uid) { known.post(.gone) }
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
                    case .deleted: workers[event.object.uid]?.post(.gone)
                    case .bookmark: break
                    }
                case .source(let source): for uid in sources.users(of: source) { workers[uid]?.post(.sourceChanged) }
                case .ended(let uid):
                    workers[uid] = nil
                    for source in sources.remove(uid: uid) { watches.removeValue(forKey: source)?.finish() }
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
