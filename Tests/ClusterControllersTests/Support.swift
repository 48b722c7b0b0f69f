import ClusterClient
import ClusterControllers
import ClusterObjects

/// A cluster that is what a test says it is.
struct Table: ClusterView {
    var contents: [GroupVersionResource: [APIObject]] = [:]

    func object(_ resource: GroupVersionResource, _ key: ObjectKey) -> APIObject? { contents[resource]?.first { $0.key == key } }
    func objects(_ resource: GroupVersionResource, in namespace: String?) -> [APIObject] {
        (contents[resource] ?? []).filter { namespace == nil || $0.namespace == namespace }
    }
    func objects(_ resource: GroupVersionResource, controlledBy uid: String) -> [APIObject] {
        (contents[resource] ?? []).filter { $0.controller?.uid == uid }
    }
    func orphans(_ resource: GroupVersionResource, in namespace: String) -> [APIObject] {
        objects(resource, in: namespace).filter { $0.controller == nil }
    }
    func pods(onNode name: String) -> [APIObject] { (contents[.pods] ?? []).filter { Pod($0).nodeName == name } }
}

extension Decision {
    /// All changes of its steps, each as `verb name`.
    var changes: [String] {
        steps.flatMap { $0 }.map { change in
            switch change.action {
            case .create(let object):
                "create \(object[path: "metadata", "name"]?.string ?? object[path: "metadata", "generateName"]?.string ?? "")"
            case .update(let name, _, _): "update \(name)"
            case .patch(let name, _, _): "patch \(name)"
            case .delete(let name, _): "delete \(name)"
            case .createSubresource(let name, let subresource, _): "create \(name)/\(subresource)"
            }
        }
    }

    /// The status it writes when all changes succeed.
    var status: Value? {
        var outcome = Outcome()
        outcome.results = steps.flatMap { $0 }.map { ($0, .success(nil)) }
        for change in afterwards?(outcome).changes ?? [] {
            if case .update(_, "status", let object) = change.action { return object["status"] }
        }
        return nil
    }
}

enum Make {
    static let start = Timestamp(seconds: 1_700_000_000)

    static func pod(
        _ name: String, of owner: APIObject, _ kind: String, labels: [String: String] = ["app": "x"], annotations: [String: String] = [:],
        finalizers: [String] = [], phase: String = "Running", ready: Bool = true
    ) -> APIObject {
        let api = kind == "Job" ? "batch/v1" : "apps/v1"
        return APIObject([
            "metadata": [
                "name": Value(name), "namespace": "d", "uid": Value("uid-\(name)"), "labels": Value(labels), "resourceVersion": "1",
                "annotations": Value(annotations), "finalizers": Value(finalizers), "creationTimestamp": Value(start.description),
                "ownerReferences": [OwnerReference(controller: owner, apiVersion: api, kind: kind).value],
            ],
            "spec": ["nodeName": "n1"],
            "status": [
                "phase": Value(phase),
                "conditions": [
                    ["type": "Ready", "status": ready ? "True" : "False", "lastTransitionTime": Value(start.description)]
                ],
            ],
        ])
    }

    static func owner(_ kind: String, spec: Value, status: Value = .emptyObject) -> APIObject {
        var spec = spec
        spec["selector"] = ["matchLabels": ["app": "x"]]
        spec["template"] = ["metadata": ["labels": ["app": "x"]], "spec": ["containers": [["name": "c", "image": "i"]]]]
        return APIObject([
            "kind": Value(kind), "metadata": ["name": "w", "namespace": "d", "uid": "u", "generation": 1, "resourceVersion": "1"],
            "spec": spec, "status": status,
        ])
    }
}
