/// Where in a file something stands. Lines and columns count from 1; columns are characters.
public struct SourcePosition: Sendable, Hashable, CustomStringConvertible {
    public var line: UInt32
    public var column: UInt32

    public init(line: Int, column: Int) {
        self.line = UInt32(clamping: line)
        self.column = UInt32(clamping: column)
    }

    public var description: String { "\(line):\(column)" }
}

/// Why text is no YAML (or JSON) that a manifest may be written in, and what would make it so.
public struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    public var position: SourcePosition
    public var message: String

    public init(_ message: String, at position: SourcePosition) {
        self.message = message
        self.position = position
    }

    public var description: String { "line \(position.line), column \(position.column): \(message)" }
}

/// A key that a mapping has had already.
public struct RepeatedKey: Sendable, Hashable, CustomStringConvertible {
    public var key: String
    /// Of the second one, from 1.
    public var line: UInt32

    /// As go-yaml says it.
    public var description: String { "line \(line): key \"\(key)\" already set in map" }
}

/// What a reader of outside YAML accepts.
public struct YAMLLimits: Sendable {
    /// Bytes of the whole text.
    public var size = 64 << 20
    /// Bytes of one scalar: an API request may have 3 MiB, so nothing longer can be applied.
    public var scalar = 3 << 20
    /// Mappings and sequences inside each other.
    public var depth = 512
    /// Values of one document once its aliases are written out.
    public var expandedNodes = 1_000_000
    /// Of those, how many may come from aliases.
    public var aliasedNodes = 100_000

    public init() {}
}
