import ClusterAPI
import ClusterObjects

/// Fills in and checks resources of pods and claims by their namespace's LimitRanges. Source: plugin/pkg/admission/limitranger.
struct LimitRanger: AdmissionPlugin {
    let name = "LimitRanger"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard isAboutPods(request, isCreate: old == nil) else { return }
        var hasFilled = false
        for limits in try ranges(request) {
            var notes: [String] = []
            for (list, word) in [("containers", "container"), ("initContainers", "init container")] where object[path: "spec", list] != nil
            {
                object["spec", default: .emptyObject][list, default: []].editElements { containers in
                    for index in containers.indices { notes += fill(&containers[index], limits, word) }
                }
            }
            if notes.isEmpty { continue }
            hasFilled = true
            object[path: "metadata", "annotations", "kubernetes.io/limit-ranger"] = .string(
                "LimitRanger plugin set: " + notes.joined(separator: "; "))
        }
        if old == nil, hasFilled { object[path: "status", "qosClass"] = .string(PodQOS.class(of: object)) }
    }

    /// Sets what a container leaves open. Returns what has been set, in words.
    private func fill(_ container: inout Value, _ limits: [Value], _ word: String) -> [String] {
        let name = container["name"]?.string ?? ""
        var notes: [String] = []
        for (place, defaults, kind) in [("requests", "defaultRequest", "request"), ("limits", "default", "limit")] {
            var preset = Fields()
            for limit in limits where limit["type"]?.string == "Container" {
                for (resource, quantity) in limit[defaults]?.object ?? Fields() { preset[resource] = quantity }
            }
            var set: [String] = []
            for (resource, quantity) in preset where container[path: "resources", place, resource] == nil {
                container[path: "resources", place, resource] = quantity
                set.append(resource)
            }
            if !set.isEmpty { notes.append("\(set.sorted().joined(separator: ", ")) \(kind) for \(word) \(name)") }
        }
        return notes
    }

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let isClaim = request.isAbout("", "persistentvolumeclaims")
        guard isClaim || isAboutPods(request, isCreate: old == nil) else { return }
        for limits in try ranges(request) {
            let problems = limits.flatMap { isClaim ? claim(object, old, $0) : pod(object, old, $0) }
            var listed: [String] = []
            for problem in problems where !listed.contains(problem) { listed.append(problem) }
            guard let first = listed.first else { continue }
            throw .forbidden(
                request.target.resource.groupResource, request.target.name,
                listed.count == 1 ? first : "[\(listed.joined(separator: ", "))]")
        }
    }

    /// New pods, and running ones whose resources change.
    private func isAboutPods(_ request: AdmissionRequest, isCreate: Bool) -> Bool {
        guard request.target.resource.groupResource == GroupResource("", "pods") else { return false }
        return isCreate ? request.target.subresource.isEmpty : request.target.subresource == "resize"
    }

    /// The limits of every LimitRange of the namespace.
    private func ranges(_ request: AdmissionRequest) throws(APIError) -> [[Value]] {
        try request.server.intact(GroupResource("", "limitranges"), namespace: request.target.namespace).map {
            $0[path: "spec", "limits"]?.elements.map(\.value) ?? []
        }
    }

    // MARK: - Checks

    private func pod(_ pod: Value, _ old: Value?, _ limit: Value) -> [String] {
        switch limit["type"]?.string {
        case "Container":
            return ["containers", "initContainers"].flatMap { list in
                let before = old?[path: "spec", list]?.array ?? []
                return (pod[path: "spec", list]?.array ?? []).flatMap { container in
                    let same = before.first { $0["name"] == container["name"] }
                    return ResourceUse(container["resources"]).problems(limit, before: same.map { ResourceUse($0["resources"]) })
                }
            }
        case "Pod": return ResourceUse(ofPod: pod).problems(limit, before: old.map(ResourceUse.init(ofPod:)))
        default: return []
        }
    }

    private func claim(_ claim: Value, _ old: Value?, _ limit: Value) -> [String] {
        guard limit["type"]?.string == "PersistentVolumeClaim" else { return [] }
        let use = ResourceUse(claim[path: "spec", "resources"])
        return use.requestProblems(limit, before: old.map { ResourceUse($0[path: "spec", "resources"]) })
    }
}

/// Requests and limits, held against a LimitRange.
private struct ResourceUse {
    var requests: [String: Quantity] = [:]
    var limits: [String: Quantity] = [:]

    init(_ resources: Value?) {
        requests = (resources?["requests"]?.stringMap ?? [:]).compactMapValues { Quantity($0) }
        limits = (resources?["limits"]?.stringMap ?? [:]).compactMapValues { Quantity($0) }
    }

    init(ofPod pod: Value) {
        let spec = (pod["spec"] ?? .emptyObject).tree
        requests = PodResources.sum("requests", spec)
        limits = PodResources.sum("limits", spec)
    }

    /// What is wrong, resource by resource. What was there before and has not changed is never wrong.
    func problems(_ limit: Value, before: ResourceUse?) -> [String] {
        let type = limit["type"]?.string ?? ""
        func isUnchanged(_ name: String) -> Bool {
            guard let before else { return false }
            return requests[name] == before.requests[name] && limits[name] == before.limits[name]
        }
        return bounds(limit, "min", except: isUnchanged).compactMap { tooLittle($0, $1, type, limits[$0]) }
            + bounds(limit, "max", except: isUnchanged).compactMap { tooMuch($0, $1, type) }
            + bounds(limit, "maxLimitRequestRatio", except: isUnchanged).compactMap { tooFar($0, $1, type) }
    }

    /// Of a claim, whose limits mean nothing.
    func requestProblems(_ limit: Value, before: ResourceUse?) -> [String] {
        let type = limit["type"]?.string ?? ""
        func isUnchanged(_ name: String) -> Bool { requests[name] != nil && requests[name] == before?.requests[name] }
        return bounds(limit, "min", except: isUnchanged).compactMap { tooLittle($0, $1, type, nil) }
            + bounds(limit, "max", except: isUnchanged).compactMap { name, most in
                let start = "maximum \(name) usage per \(type) is \(most)"
                guard let request = requests[name] else { return "\(start).  No request is specified" }
                return most < request ? "\(start), but request is \(request)" : nil
            }
    }

    private func bounds(_ limit: Value, _ kind: String, except isUnchanged: (String) -> Bool) -> [(String, Quantity)] {
        (limit[kind]?.stringMap ?? [:]).sorted { $0.key < $1.key }.compactMap { name, text in
            isUnchanged(name) ? nil : Quantity(text).map { (name, $0) }
        }
    }

    private func tooLittle(_ name: String, _ least: Quantity, _ type: String, _ limit: Quantity?) -> String? {
        let start = "minimum \(name) usage per \(type) is \(least)"
        guard let request = requests[name] else { return "\(start).  No request is specified" }
        if request < least { return "\(start), but request is \(request)" }
        if let limit, limit < least { return "\(start), but limit is \(limit)" }
        return nil
    }

    private func tooMuch(_ name: String, _ most: Quantity, _ type: String) -> String? {
        let start = "maximum \(name) usage per \(type) is \(most)"
        guard let limit = limits[name] else { return "\(start).  No limit is specified" }
        if most < limit { return "\(start), but limit is \(limit)" }
        if let request = requests[name], most < request { return "\(start), but request is \(request)" }
        return nil
    }

    private func tooFar(_ name: String, _ ratio: Quantity, _ type: String) -> String? {
        let start = "\(name) max limit to request ratio per \(type) is \(ratio)"
        guard let request = requests[name], !request.isZero else { return "\(start), but no request is specified or request is 0" }
        guard let limit = limits[name], !limit.isZero else { return "\(start), but no limit is specified or limit is 0" }
        let observed = limit.double / request.double
        return observed > ratio.double ? "\(start), but provided ratio is \(Self.sixDecimals(observed))" : nil
    }

    /// As Go's `%f`.
    private static func sixDecimals(_ number: Double) -> String {
        let millionths = Int((number * 1_000_000).rounded(.toNearestOrEven).clamped)
        let rest = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
    }
}

extension Double {
    /// Within what an Int holds.
    fileprivate var clamped: Double { Swift.min(Swift.max(self, 0), 9e15) }
}
