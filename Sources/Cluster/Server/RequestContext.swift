import ClusterAPI
import ClusterClient
import ClusterObjects
import Glibc
import Synchronization

/// What a request is about besides its object: who, how, when, and the warnings it earns.
final class RequestContext: Sendable {
    let user: UserInfo
    let userAgent: String
    let options: WriteOptions
    let now: Timestamp
    private let collected = Mutex<[String]>([])

    init(user: UserInfo, userAgent: String = "", options: WriteOptions = WriteOptions(), now: Timestamp = Timestamp.now) {
        self.user = user
        self.userAgent = userAgent
        self.options = options
        self.now = now
    }

    /// The name under which managedFields record the change: as asked, else the program's name.
    var fieldManager: String {
        options.fieldManager.isEmpty ? FieldManager.name(fromUserAgent: userAgent) : options.fieldManager
    }

    var warnings: [String] { collected.withLock { $0 } }

    /// Each text once.
    func warn(_ texts: [String]) {
        collected.withLock { list in
            for text in texts where !list.contains(text) { list.append(text) }
        }
    }
}

extension Timestamp {
    /// The wall clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
