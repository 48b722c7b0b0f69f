import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import ClusterTransport

/// Sends a watch as lines of JSON, each `{"type":…,"object":…}`.
enum WatchStream {
    /// A piece of this size waits in memory for each watcher that does not read.
    private static let mostBytes = 32 << 10

    /// A watch that ends with an error before it has begun.
    static func failed(_ error: APIError) -> HTTPResponse {
        HTTPResponse(status: 200, headers: [ResponseBytes.json], body: .bytes(line(error)))
    }

    private static func line(_ error: APIError) -> [UInt8] {
        Array(#"{"type":"ERROR","object":"#.utf8) + error.status.json + Array("}\n".utf8)
    }

    /// - Parameter seconds: when to end; 0 for some time between half an hour and an hour.
    static func response(
        _ session: WatchSession, _ resource: Resource, _ accepted: Accepted, seconds: Int, bookmarks: Bool
    ) -> HTTPResponse {
        let seconds = seconds > 0 ? min(seconds, 86400) : Int.random(in: 1800...3600)
        return HTTPResponse(
            status: 200, headers: [ResponseBytes.json],
            body: .stream { writer in
                let end = ContinuousClock.now.advanced(by: .seconds(seconds))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await WatchStream.tick(session, until: end, seconds: seconds, bookmarks: bookmarks) }
                    try await send(session, resource, accepted, to: writer, until: end, bookmarks: bookmarks)
                    group.cancelAll()
                }
            })
    }

    /// Wakes the session for its bookmarks, shortly before the end and once a minute, and at the end.
    private static func tick(
        _ session: WatchSession, until end: ContinuousClock.Instant, seconds: Int, bookmarks: Bool
    ) async throws {
        let clock = ContinuousClock()
        if bookmarks {
            let last = end.advanced(by: .seconds(-min(2, seconds - 1)))
            var next = clock.now.advanced(by: .seconds(60))
            while next < last {
                try await clock.sleep(until: next)
                session.watch.wake()
                next = next.advanced(by: .seconds(60))
            }
            try await clock.sleep(until: last)
            session.watch.wake()
        }
        try await clock.sleep(until: end)
        session.watch.wake()
    }

    private static func send(
        _ session: WatchSession, _ resource: Resource, _ accepted: Accepted, to writer: any BodyWriter,
        until end: ContinuousClock.Instant, bookmarks: Bool
    ) async throws {
        let prefix = ObjectBytes.prefix(resource.gvk)
        var bytes: [UInt8] = []
        // A table's columns are in its first event.
        var withColumns = true
        func add(_ type: String, _ object: StoredObject) {
            bytes.append(contentsOf: #"{"type":"\#(type)","object":"#.utf8)
            switch accepted.shape {
            case .object: ObjectBytes.append(object, prefix: prefix, to: &bytes)
            case .table:
                let read = ObjectBytes.object(object, as: resource.gvk)
                bytes.append(contentsOf: ResponseBytes.table(read, accepted, resource, withColumns: withColumns))
                withColumns = false
            case .partial, .partialList: bytes.append(contentsOf: ResponseBytes.partial(object, accepted.version))
            }
            bytes.append(contentsOf: "}\n".utf8)
        }
        func bookmark(_ revision: Revision, _ ends: Bool) {
            let isWhole = accepted.shape == .object || accepted.shape == .table
            let gvk = isWhole ? resource.gvk : GroupVersionKind("meta.k8s.io", accepted.version, "PartialObjectMetadata")
            bytes.append(contentsOf: #"{"type":"BOOKMARK","object":"#.utf8)
            let mark = Bookmark.object(revision, ends, gvk)
            if accepted.shape == .table {
                bytes.append(contentsOf: ResponseBytes.table(APIObject(mark), accepted, resource, withColumns: withColumns))
                withColumns = false
            } else {
                bytes.append(contentsOf: mark.json)
            }
            bytes.append(contentsOf: "}\n".utf8)
        }
        while !Task.isCancelled {
            let frames: [WatchSession.Frame]?
            do throws(APIError) { frames = try await session.next() } catch {
                try await writer.write(line(error))
                return
            }
            guard let frames else { return }
            if frames.isEmpty {
                if ContinuousClock.now >= end || Task.isCancelled { return }
                if bookmarks { bookmark(await session.position, false) }
            }
            for frame in frames {
                switch frame {
                case .added(let object): add("ADDED", object)
                case .modified(let object): add("MODIFIED", object)
                case .deleted(let object): add("DELETED", object)
                case .bookmark(let revision, let ends): bookmark(revision, ends)
                }
                if bytes.count > mostBytes {
                    try await writer.write(bytes)
                    bytes = []
                }
            }
            if !bytes.isEmpty { try await writer.write(bytes) }
            bytes = []
        }
    }
}
