import ClusterObjects

/// Where the next page of a list begins, opaque to clients: base64 of the snapshot's revision and the last path given out.
public struct ContinueToken: Hashable, Sendable {
    /// The store's revision that the whole list is of.
    public var revision: Int64
    public var after: String

    private static let longest = 4096

    public init(revision: Int64, after: String) {
        self.revision = revision
        self.after = after
    }

    public var text: String {
        let value: Value = ["v": "meta.k8s.io/v1", "rv": .int(revision), "start": .string("\(after)\0")]
        return Base64.encode(value.json).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Throws: 400 for what is no token of ours.
    public init(_ text: String) throws(APIError) {
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while padded.utf8.count % 4 != 0 { padded += "=" }
        guard padded.utf8.count < ContinueToken.longest, let bytes = Base64.decode(padded), let tree = try? Tree(parsing: bytes),
            let revision = tree["rv"]?.int, revision > 0, let start = tree["start"]?.string, start.utf8.last == 0
        else { throw .badRequest("continue key is not valid: the token is not one that this server gave") }
        self.revision = Int64(revision)
        after = String(decoding: start.utf8.dropLast(), as: UTF8.self)
    }
}
