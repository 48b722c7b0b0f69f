import ClusterAPI
import ClusterObjects

/// Fills in and checks resources of pods and claims by their namespace's LimitRanges. Source: plugin/pkg/admission/limitranger.
struct LimitRanger: AdmissionPlugin {
    let name = "LimitRanger"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil, request.isAbout("", "pods") else { return }
        var notes: [String] = []
        for limit in limits(request) where limit["type"]?.string == "Container" {
            for list in ["initContainers", "containers"] where object[path: "spec", list] != nil {
                object["spec", default: .emptyObject][list, default: []].editElements { containers in
                    for index in containers.indices { notes += fill(&containers[index], limit) }
                }
            }
        }
        guard !notes.isEmpty else { return }
        object[path: "metadata", "annotations", "kubernetes.io/limit-ranger"] = .string(
            "LimitRanger plugin set: " + notes.joined(separator: "; "))
        object[path: "status", "qosClass"] = .string(PodQOS.class(of: object))
    }

    /// Returns what has been set, in words.
    private func fill(_ container: inout Value, _ limit: Value) -> [String] {
        let name = container["name"]?.string ?? ""
        var notes: [String] = []
        for (place, defaults, word) in [("requests", "defaultRequest", "request"), ("limits", "default", "limit")] {
            var set: [String] = []
            for (resource, quantity) in limit[defaults]?.object ?? Fields() where container[path: "resources", place, resource] == nil {
                container[path: "resources", place, resource] = quantity
                set.append(resource)
            }
            if !set.isEmpty { notes.append("\(set.sorted().joined(separator: ", ")) \(word) for container \(name)") }
        }
        return notes
    }

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard old == nil else { return }
        var problems: [String] = []
        if request.isAbout("", "pods") {
            let containers = object[path: "spec", "containers"]?.array ?? []
            for limit in limits(request) {
                switch limit["type"]?.string {
                case "Container":
                    for container in containers + (object[path: "spec", "initContainers"]?.array ?? []) {
                        problems += check(limit, Usage(container["resources"]))
                    }
                case "Pod":
                    problems += check(limit, containers.reduce(into: Usage(nil)) { $0.add(Usage($1["resources"])) })
                default: break
                }
            }
        } else if request.isAbout("", "persistentvolumeclaims") {
            var usage = Usage(object[path: "spec", "resources"])
            usage.limits = usage.requests
            for limit in limits(request) where limit["type"]?.string == "PersistentVolumeClaim" { problems += check(limit, usage) }
        }
        guard !problems.isEmpty else { return }
        let text = problems.count == 1 ? problems[0] : "[\(problems.joined(separator: ", "))]"
        throw .forbidden(request.target.resource.groupResource, request.target.name, text)
    }

    private func limits(_ request: AdmissionRequest) -> [Value] {
        guard let snapshot = try? request.server.store.snapshot(GroupResource("", "limitranges"), at: nil) else { return [] }
        return snapshot.range(namespace: request.target.namespace).flatMap { range in
            ObjectBytes.tree(range)[path: "spec", "limits"]?.elements.map(\.value) ?? []
        }
    }

    private struct Usage {
        var requests: [String: Quantity] = [:]
        var limits: [String: Quantity] = [:]

        init(_ resources: Value?) {
            for (name, value) in resources?["requests"]?.stringMap ?? [:] { requests[name] = Quantity(value) }
            for (name, value) in resources?["limits"]?.stringMap ?? [:] { limits[name] = Quantity(value) }
        }

        mutating func add(_ other: Usage) {
            requests.merge(other.requests) { $0 + $1 }
            limits.merge(other.limits) { $0 + $1 }
        }
    }

    private func check(_ limit: Value, _ usage: Usage) -> [String] {
        let type = limit["type"]?.string ?? ""
        var problems: [String] = []
        for (name, value) in limit["min"]?.stringMap.map(sorted) ?? [] {
            guard let least = Quantity(value) else { continue }
            let start = "minimum \(name) usage per \(type) is \(value)"
            if let request = usage.requests[name] {
                if request < least {
                    problems.append("\(start), but request is \(request)")
                } else if let limit = usage.limits[name], limit < least {
                    problems.append("\(start), but limit is \(limit)")
                }
            } else {
                problems.append("\(start).  No request is specified")
            }
        }
        for (name, value) in limit["max"]?.stringMap.map(sorted) ?? [] {
            guard let most = Quantity(value) else { continue }
            let start = "maximum \(name) usage per \(type) is \(value)"
            if let limit = usage.limits[name] {
                if most < limit {
                    problems.append("\(start), but limit is \(limit)")
                } else if let request = usage.requests[name], most < request {
                    problems.append("\(start), but request is \(request)")
                }
            } else {
                problems.append("\(start).  No limit is specified")
            }
        }
        return problems
    }

    private func sorted(_ map: [String: String]) -> [(String, String)] { map.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
}
