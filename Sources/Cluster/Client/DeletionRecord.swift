import ClusterObjects

/// Who deleted an object and when. A watch says that an object is gone and nothing says by whom; a Skiff remembers it for a while.
public struct DeletionRecord: Sendable, Hashable {
    public var user: String
    public var time: Timestamp

    public init(user: String, time: Timestamp) {
        self.user = user
        self.time = time
    }

    /// Where a Skiff tells of them over HTTP.
    public static let path = "/skiff/v1/deletions"

    /// `{"user": …, "time": …}`.
    public init?(_ value: Tree) {
        guard let user = value["user"]?.string, let time = value["time"]?.string.flatMap({ Timestamp($0) }) else { return nil }
        self.init(user: user, time: time)
    }

    public var value: Value { ["user": .string(user), "time": .string(time.description)] }
}

extension Client {
    /// Servers that are no Skiff do not know.
    public func deletion(_ resource: GroupVersionResource, namespace: String?, name: String) async -> DeletionRecord? { nil }
}
