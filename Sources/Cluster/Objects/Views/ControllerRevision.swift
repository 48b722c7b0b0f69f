/// A template that a StatefulSet or DaemonSet has, or had.
public struct ControllerRevision: ObjectView {
    public let object: APIObject
    public init(_ object: APIObject) { self.object = object }

    public var revision: Int { object.tree["revision"]?.int ?? 0 }
    /// A strategic merge patch that brings the template back.
    public var data: Value { object.tree["data"]?.value ?? .null }
    /// The pod template it keeps.
    public var template: Value {
        var template = data[path: "spec", "template"] ?? .emptyObject
        template["$patch"] = nil
        return template
    }
}
