/// Why bytes are not the JSON that was expected. The message is worded as Go's encoding/json words it, since clients see it.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    public var message: String
    /// Byte at which reading stopped, from 0.
    public var offset: Int

    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    public var description: String { message }
}

/// What a reader of outside JSON accepts.
public struct JSONLimits: Sendable {
    /// Bytes of the whole document; at most 256 MiB, what a tape can address.
    public var size: Int
    /// Arrays and objects inside each other.
    public var depth: Int

    public init(size: Int = 64 << 20, depth: Int = 512) {
        self.size = min(size, 256 << 20)
        self.depth = depth
    }
}
