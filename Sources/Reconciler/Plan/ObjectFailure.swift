import ClusterObjects
import ManifestLoader

/// An object that could not be applied or deleted, and why.
public struct ObjectFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public var id: ObjectID
    /// Where it is written; empty for what is deleted because no file has it.
    public var file: String
    public var line: Int
    public var message: String

    public init(id: ObjectID, file: String, line: Int, message: String) {
        self.id = id
        self.file = file
        self.line = line
        self.message = message
    }

    /// `apps/web.yaml:3: Deployment shop/web: …`
    public var description: String { (file.isEmpty ? "" : "\(file):\(line): ") + "\(id): \(message)" }

    public var value: Value {
        ["object": .string(id.description), "file": .string(file), "line": Value(line), "message": .string(message)]
    }
}
