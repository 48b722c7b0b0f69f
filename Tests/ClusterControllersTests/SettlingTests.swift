import ClusterAPI
import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

/// What a controller wrote comes back as the server stores it: nulls for some lists, nothing for empty ones, defaults filled in.
/// Reading that, it must have nothing more to say.
struct SettlingTests {
    static let service: Value = [
        "metadata": ["name": "s", "namespace": "d", "uid": "us", "resourceVersion": "1"],
        "spec": ["selector": ["app": "x"], "clusterIP": "None", "ports": [["port": 80, "protocol": "TCP"]]],
    ]

    static func service(_ edit: (inout Value) -> Void) -> APIObject {
        var draft = service
        edit(&draft)
        return APIObject(draft)
    }

    static let services: [APIObject] = [
        service { _ in },
        service { $0[path: "spec", "ports"] = nil },
        service { $0[path: "spec", "ports"] = [["port": 80, "targetPort": "absent", "protocol": "TCP", "name": "a"]] },
        service { $0[path: "spec", "selector"] = ["app": "nothing"] },
        service { $0[path: "spec", "publishNotReadyAddresses"] = true },
        service { $0[path: "spec", "ipFamilies"] = ["IPv4", "IPv6"] },
    ]

    @Test(arguments: services) func `endpoints settle`(_ service: APIObject) {
        let pods = [true, false].enumerated().map { index, ready in
            var draft = Make.pod("p-\(index)", of: Make.owner("ReplicaSet", spec: .emptyObject), "ReplicaSet", ready: ready).draft
            draft[path: "status", "podIP"] = Value("10.0.0.\(index)")
            return APIObject(draft)
        }
        for controller in [EndpointsController(), EndpointSliceController()] as [any Controller] {
            var cluster = Table(contents: [.services: [service], .pods: pods])
            let first = cluster.perform(controller, service.key)
            #expect(!first.isEmpty)
            #expect(cluster.perform(controller, service.key) == [], "of \(controller.name)")
        }
    }
}

extension Table {
    /// Asks the controller and stores what it wants as the server would. Its changes.
    mutating func perform(_ controller: any Controller, _ key: ObjectKey) -> [String] {
        let decision = controller.reconcile(Reconciliation(key: key, cluster: self, now: Make.start + 60))
        for change in decision.steps.flatMap({ $0 }) {
            switch change.action {
            case .create(let object): store(object, change)
            case .update(_, _, let object): store(object, change)
            case .delete(let name, _): contents[change.resource]?.removeAll { $0.name == name }
            case .patch, .createSubresource: break
            }
        }
        return decision.changes
    }

    private mutating func store(_ object: Value, _ change: Change) {
        guard let resource = Registry.builtIn().resource(change.resource),
            var stored = try? ObjectDecoder.decode(
                object.tree, schema: resource.schema, kind: resource.kind, version: resource.version
            ).value
        else { return }
        SchemaDefaults.fill(&stored, resource.schema)
        let count = contents[change.resource]?.count ?? 0
        if stored[path: "metadata", "name"] == nil { stored[path: "metadata", "name"] = Value("generated-\(count)") }
        let new = APIObject(stored)
        contents[change.resource, default: []].removeAll { $0.key == new.key }
        contents[change.resource, default: []].append(new)
    }
}
