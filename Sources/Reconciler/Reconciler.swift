import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging
import ManifestLoader
import ServiceLifecycle

/// Keeps a cluster as a git repository says: fetches, applies, prunes, notices drift, commits status back.
///
/// A client like any other: it runs against the engine in process or any API server. ``run()`` follows the source until it is
/// stopped; ``reconcileOnce(timeout:)``, ``preview()``, ``driftReport()`` and ``statusReport()`` are one look each.
public actor Reconciler: Service {
    public nonisolated let options: ReconcilerOptions
    /// What happens, for one listener.
    public nonisolated let events: AsyncStream<ReconcilerEvent>
    nonisolated let say: AsyncStream<ReconcilerEvent>.Continuation
    nonisolated let client: any Client
    nonisolated let registry: Registry
    nonisolated let applier: Applier
    nonisolated let sync: SyncObject
    nonisolated let source: GitSource
    nonisolated let origins: LineOrigins
    nonisolated let logger: Logger
    nonisolated let clock: @Sendable () -> Timestamp

    var loader: ManifestLoader
    /// The tree that the loader holds.
    var tree = ""
    /// The commit that `desired` is of: the last one that loaded.
    var commit = ""
    /// The commit that was looked at last in this run, whether it loaded or not.
    var tried = ""
    var desired: [LoadedObject] = []
    /// All of `desired` has been applied in this run, and what is no longer in it was pruned.
    var isApplied = false
    var tracked: [ObjectID: Tracked] = [:]
    /// Being applied: what watches say of them waits.
    var inFlight: Set<ObjectID> = []
    var waiting: [ObjectID: (live: APIObject?, version: Int)] = [:]
    /// Have drifted, and nobody was told yet.
    var unannounced: Set<ObjectID> = []
    var status = SyncStatus()
    /// The Sync as this reconciler has read or written it last.
    var stored = SyncStatus()
    var syncVersion = ""
    /// Nothing is put right before the source was looked at: at the start, and when another has begun or made a pass.
    var isGivingWay = true
    var isStarted = false
    var isStatusChanged = false
    var failures: [ObjectFailure] = []
    var failedPasses = 0
    /// Looks at the source since it answered last.
    var failedLooks = 0
    var publication = Publication()
    var unreachable: String?
    /// Why the cluster does not remember what was applied; nil when it does.
    var notStored: String?

    let wakes: AsyncStream<Void>
    nonisolated let wake: AsyncStream<Void>.Continuation
    let watchedResources: AsyncStream<GroupVersionResource>
    nonisolated let watchResource: AsyncStream<GroupVersionResource>.Continuation
    var watched: [GroupVersionResource: String] = [:]
    var timer = 0
    /// When the source is looked at next without being told to; nil: at once.
    var nextLook: ContinuousClock.Instant?

    public init(
        _ options: ReconcilerOptions, client: any Client, registry: Registry, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.system
    ) {
        self.options = options
        self.client = client
        self.registry = registry
        self.logger = logger
        self.clock = clock
        applier = Applier(client: client, concurrency: max(1, options.concurrency))
        sync = SyncObject(client: client, options: options.source)
        source = GitSource(options.source)
        origins = LineOrigins(options.source)
        loader = ManifestLoader(registry: registry)
        (events, say) = AsyncStream.makeStream(of: ReconcilerEvent.self, bufferingPolicy: .bufferingNewest(1000))
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (watchedResources, watchResource) = AsyncStream.makeStream(of: GroupVersionResource.self)
    }

    // MARK: - Following the source

    /// Follows the source until it is cancelled or shut down gracefully.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.follow() }
        say.finish()
    }

    private func follow() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followObjects() }
            if let path = options.source.localPath {
                group.addTask { for await _ in RepositoryWatch.changes(of: path) { await self.sourceChanged() } }
            }
            wake.yield()
            await withDiscardingTaskGroup { timers in
                for await _ in wakes {
                    await turn()
                    timer += 1
                    let (turn, delay) = (timer, secondsToNextTurn())
                    timers.addTask {
                        guard (try? await Task.sleep(for: .seconds(delay))) != nil, await self.timer == turn else { return }
                        self.wake.yield()
                    }
                    if Task.isCancelled { break }
                }
                timers.cancelAll()
            }
            group.cancelAll()
        }
    }

    /// Seconds between looks at whether another is through.
    private static let patience = 0.2

    private func sourceChanged() {
        nextLook = nil
        wake.yield()
    }

    /// One turn: look at the source when that is due, apply what is new, put right what has drifted, say so.
    private func turn() async {
        let isDue = isGivingWay ? await othersAreThrough() : nextLook ?? .now <= .now
        if isDue {
            // Before the look: a change that comes meanwhile makes it due again.
            nextLook = .now + .seconds(secondsBetweenLooks)
            await look()
            if nextLook != nil { nextLook = .now + .seconds(secondsBetweenLooks) }
        }
        await correctDrift()
        await saveStatus()
        await publish()
        say.yield(.doing(""))
    }

    /// What failed is tried again sooner, and so is a source that did not answer.
    private var secondsBetweenLooks: Double {
        let usual = options.source.localPath == nil ? max(options.source.interval, 0.1) : 30
        let tries = max(failures.isEmpty ? 0 : failedPasses, failedLooks)
        return tries == 0 ? usual : min(usual, Double(1 << min(tries, 6)))
    }

    private func secondsToNextTurn() -> Double {
        var delay = nextLook.map { max(0, ($0 - .now) / .seconds(1)) } ?? 0
        let now = clock()
        for (_, object) in tracked where object.drift != nil && options.drift == .correct && !isGivingWay {
            delay = min(delay, max(0.05, object.backoff.due(now) - now))
        }
        if let due = publication.due(now) { delay = min(delay, max(0.05, due - now)) }
        return isGivingWay ? min(delay, Reconciler.patience) : delay
    }

    /// Keeps watches on every resource that git has objects of.
    private func followObjects() async {
        await withDiscardingTaskGroup { group in
            for await resource in watchedResources {
                let reflector = Reflector(client: client, resource: resource, logger: logger)
                group.addTask { await reflector.run { await self.deliver($0, of: resource) } }
            }
            group.cancelAll()
        }
    }

    /// Makes sure that what git has is watched.
    func watchDesired() {
        for object in desired where watched[object.resource] == nil {
            watched[object.resource] = object.gvk.kind
            watchResource.yield(object.resource)
        }
    }
}
