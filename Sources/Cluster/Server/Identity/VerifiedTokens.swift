import ClusterObjects
import ClusterStore
import Synchronization

/// Service accounts' tokens whose signature has been checked, which takes longer than all else of a request. They hold while the objects
/// that they depend on are as they were.
final class VerifiedTokens: Sendable {
    struct Entry: Sendable {
        var user: UserInfo
        /// Seconds since 1970.
        var expires: Int
        var needs: [Need]
    }

    /// An object that a token depends on.
    struct Need: Sendable {
        var collection: GroupResource
        var path: String
        var revision: Revision
        /// It is on its way out: for how long it counts has to be looked at anew each time.
        var isLeaving: Bool
    }

    private static let most = 4096
    private let entries = Mutex<[String: Entry]>([:])

    /// Who the token is of, when it is known and nothing has changed since.
    func user(of token: String, now: Int, _ store: any Store) -> UserInfo? {
        guard let entry = entries.withLock({ $0[token] }), now < entry.expires else { return nil }
        for need in entry.needs where store.get(need.collection, need.path)?.revision != need.revision { return nil }
        return entry.user
    }

    func remember(_ token: String, _ entry: Entry) {
        guard !entry.needs.contains(where: \.isLeaving) else { return }
        entries.withLock { entries in
            if entries.count >= VerifiedTokens.most { entries.removeAll() }
            entries[token] = entry
        }
    }
}
