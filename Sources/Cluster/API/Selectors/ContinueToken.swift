import ClusterAPI
import ClusterObjects
import ClusterStore
import Foundation

/// Where the next page of a list begins, opaque to clients: base64 of the snapshot's revision and the last path given out.
struct ContinueToken {
    var revision: Revision
    var after: String

    init(revision: Revision, after: String) {
        self.revision = revision
        self.after = after
    }

    var text: String {
        let value: Value = ["v": "meta.k8s.io/v1", "rv": .int(revision), "start": .string("\(after)\0")]
        return Data(value.json).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Throws: 400 for what is no token of ours.
    init(_ text: String) throws(APIError) {
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while padded.utf8.count % 4 != 0 { padded += "=" }
        guard padded.utf8.count < 4096, let data = Data(base64Encoded: padded), let tree = try? Tree(parsing: Array(data)),
            let revision = tree["rv"]?.int, revision > 0, let start = tree["start"]?.string, start.hasSuffix("\0")
        else { throw .badRequest("continue key is not valid: the token is not one that this server gave") }
        self.revision = Revision(revision)
        after = String(start.dropLast())
    }
}
