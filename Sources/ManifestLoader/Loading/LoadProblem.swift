import ClusterObjects

/// One thing wrong in a commit's manifests: where, of which object, which field, and what would be right.
public struct LoadProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public var file: String
    public var position: SourcePosition
    /// `Deployment shop/web`; empty where there is no object yet.
    public var object: String
    /// `spec.template.spec.containers[0].imag`; empty for none.
    public var field: String
    public var message: String

    public init(file: String, position: SourcePosition, object: String = "", field: String = "", message: String) {
        self.file = file
        self.position = position
        self.object = object
        self.field = field
        self.message = message
    }

    /// `apps/web.yaml:12:7: Deployment shop/web: spec.replica: unknown field …`: one line, whatever the names in it are.
    public var description: String {
        let subject = [object, field].filter { !$0.isEmpty }.map { "\($0): " }.joined()
        return "\(file):\(position): \(subject)\(message)".withoutControls
    }

    /// To sort by.
    var place: (String, UInt32, UInt32) { (file, position.line, position.column) }

    public var value: Value {
        [
            "file": .string(file), "line": .int(Int64(position.line)), "column": .int(Int64(position.column)),
            "object": .string(object), "field": .string(field), "message": .string(message),
        ]
    }
}
