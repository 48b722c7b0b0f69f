/// Text that is the same when its bytes are: to String an é of one code point is one of two, and two files so named would be one.
public struct ExactText: Sendable, Hashable, Comparable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public static func == (left: ExactText, right: ExactText) -> Bool { Fields.same(left.text, right.text) }
    public static func < (left: ExactText, right: ExactText) -> Bool { Fields.precedes(left.text, right.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(bytesOf: text) }
}
