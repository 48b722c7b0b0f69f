import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

/// A watch as one client sees it: first what exists when that is asked for, then every change, selectors applied.
///
/// For one reader at a time; holds no buffer but the page it is at.
actor WatchSession {
    enum Frame: Sendable {
        case added(StoredObject)
        case modified(StoredObject)
        case deleted(StoredObject)
        /// `initialEventsEnd`: the one that ends what existed at the start.
        case bookmark(Revision, initialEventsEnd: Bool)
    }

    nonisolated let watch: StoreWatch
    private let selection: Selection
    private let bookmarks: Bool
    private var initial: Snapshot.Range?
    private var endsInitial: Bool
    private(set) var position: Revision
    private static let most = 128

    init(
        _ watch: StoreWatch, selection: Selection, position: Revision, initial: Snapshot.Range?, endsInitial: Bool, bookmarks: Bool
    ) {
        self.watch = watch
        self.selection = selection
        self.position = position
        self.initial = initial
        self.endsInitial = endsInitial
        self.bookmarks = bookmarks
    }

    /// The next frames; none after a wake-up; nil when the server is closing.
    /// - Throws: 410 when the reader has been too slow.
    func next() async throws(APIError) -> [Frame]? {
        if var range = initial {
            var frames: [Frame] = []
            while frames.count < WatchSession.most, let object = range.next()?.served(as: selection.resource) {
                // Left out, it would be taken for gone.
                if object.isDamaged { throw .damaged(object, selection.resource.groupResource) }
                if selection.matches(object) { frames.append(.added(object)) }
            }
            if !frames.isEmpty {
                initial = range
                return frames
            }
            initial = nil
            if endsInitial, bookmarks { return [.bookmark(position, initialEventsEnd: true)] }
        }
        while true {
            let batch: StoreWatch.Batch?
            do { batch = try await watch.next(after: position) } catch {
                throw .expired("too old resource version: \(position)")
            }
            guard let batch else { return nil }
            position = batch.revision
            let frames = batch.events.compactMap(frame)
            if !frames.isEmpty || batch.events.isEmpty { return frames }
        }
    }

    private func frame(_ event: StoreEvent) -> Frame? {
        var event = event
        event.object = event.object.served(as: selection.resource)
        event.previous = event.previous?.served(as: selection.resource)
        let isSelected = event.kind != .deleted && selection.matches(event.object)
        let wasSelected = event.previous.map(selection.matches) ?? false
        switch (wasSelected, isSelected) {
        case (false, true): return .added(event.object)
        case (true, true): return .modified(event.object)
        case (true, false):
            if event.kind == .deleted { return .deleted(event.object) }
            // It left the selection: shown as it was, at the revision of the change.
            guard var object = event.previous else { return nil }
            object.revision = event.revision
            return .deleted(object)
        case (false, false): return nil
        }
    }
}

extension APIServer {
    /// Starts a watch. Source: Kubernetes API concepts, "Efficient detection of changes", "Streaming lists".
    func watch(_ target: Target, _ options: ListOptions) throws(APIError) -> WatchSession {
        let selection = try Selection(options, resource: target.resource)
        let collection = collection(target.resource)
        let namespace = target.namespace.isEmpty ? nil : target.namespace
        let asked = try resourceVersion(options.resourceVersion)
        let startsWithList = options.sendInitialEvents || (asked == 0 && options.resourceVersionMatch.isEmpty)
        do {
            if startsWithList {
                if asked > store.revision { throw StoreError.future(current: store.revision) }
                let snapshot = store.snapshot(collection)
                let watch = try store.watch(collection, namespace: namespace, after: snapshot.revision)
                return WatchSession(
                    watch, selection: selection, position: snapshot.revision, initial: snapshot.range(namespace: namespace),
                    endsInitial: options.sendInitialEvents, bookmarks: options.allowWatchBookmarks)
            }
            let watch = try store.watch(collection, namespace: namespace, after: asked)
            return WatchSession(
                watch, selection: selection, position: asked, initial: nil, endsInitial: false,
                bookmarks: options.allowWatchBookmarks)
        } catch let error as StoreError {
            switch error {
            case .future(let current): throw .tooLarge(asked, current: current)
            case .expired(let oldest): throw .expired("too old resource version: \(asked) (\(oldest))")
            default: throw apiError(error, target)
            }
        } catch {
            throw .internalError("\(error)")
        }
    }
}
