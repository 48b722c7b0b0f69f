import ClusterObjects

/// What `fieldRef` and `resourceFieldRef` may ask of a pod.
struct PodFields: Sendable {
    let pod: Pod
    /// The pod's address; empty before it has one.
    let address: String
    let nodeAddress: String
    /// Allocatable, for limits that are not set.
    let nodeResources: [String: Quantity]

    /// Nil for a field that there is not.
    func value(_ path: String) -> String? {
        switch path {
        case "metadata.name": pod.name
        case "metadata.namespace": pod.namespace
        case "metadata.uid": pod.uid
        case "metadata.labels": PodFields.lines(pod.labels)
        case "metadata.annotations": PodFields.lines(pod.annotations)
        case "spec.nodeName": pod.nodeName
        case "spec.serviceAccountName": pod.serviceAccountName
        case "status.hostIP", "status.hostIPs": nodeAddress
        case "status.podIP", "status.podIPs": address
        default: subscripted(path)
        }
    }

    /// A resource as a number of divisors, rounded up; nil for one that there is not.
    func resource(_ reference: Tree, container: String?) -> String? {
        let name = reference["containerName"]?.string ?? container ?? ""
        guard let found = pod.allContainers.first(where: { $0.name == name }),
            let parts = reference["resource"]?.string?.split(separator: ".", maxSplits: 1), parts.count == 2
        else { return nil }
        let key = String(parts[1])
        let set = found["resources"]?[String(parts[0])]?[key]?.string.flatMap { Quantity($0) }
        let quantity = set ?? (parts[0] == "limits" ? nodeResources[key] : nil) ?? .zero
        var divisor = reference["divisor"]?.string.flatMap { Quantity($0) } ?? Quantity(1)
        if divisor.nanos <= 0 { divisor = Quantity(1) }
        let (whole, rest) = quantity.nanos.quotientAndRemainder(dividingBy: divisor.nanos)
        return String(rest > 0 ? whole + 1 : whole)
    }

    private func subscripted(_ path: String) -> String? {
        for (field, map) in [("metadata.labels", pod.labels), ("metadata.annotations", pod.annotations)] {
            guard path.hasPrefix("\(field)['"), path.hasSuffix("']") else { continue }
            return map[String(path.dropFirst(field.count + 2).dropLast(2))] ?? ""
        }
        return nil
    }

    /// `key="value"` a line, as Go quotes.
    private static func lines(_ map: [String: String]) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(Value($0.value).jsonText)" }.joined(separator: "\n")
    }
}
