import ClusterAPI
import ClusterObjects

/// Which container of a pod a request is about. (pkg/registry/core/pod, LogLocation and streamLocation.)
enum PodContainer {
    /// - Parameter name: as asked for; empty means the only one.
    /// - Throws: 400 for one that is not the pod's, and when none is named where there are several.
    static func named(_ name: String, of pod: Pod) throws(APIError) -> String {
        let regular = pod.containers.compactMap { $0["name"]?.string }
        let initial = pod.initContainers.compactMap { $0["name"]?.string }
        if !name.isEmpty {
            guard pod.allContainers.contains(where: { $0["name"]?.string == name }) else {
                throw .badRequest("container \(name) is not valid for pod \(pod.name)")
            }
            return name
        }
        guard regular.count == 1, let only = regular.first else {
            var message = "a container name must be specified for pod \(pod.name), choose one of: [\(regular.joined(separator: " "))]"
            if !initial.isEmpty { message += " or one of the init containers: [\(initial.joined(separator: " "))]" }
            throw .badRequest(message)
        }
        return only
    }
}
