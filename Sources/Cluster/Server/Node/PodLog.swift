import ClusterAPI
import ClusterObjects
import ClusterTransport

/// `GET pods/NAME/log`: which container of which node is meant, and what is asked of it. (pkg/registry/core/pod, LogLocation.)
struct PodLog {
    let pod: Pod
    let container: String

    /// - Throws: 422 for options that make no sense, 400 for a container that is not the pod's or not named where there are several.
    init(pod: Pod, query: Query) throws(APIError) {
        self.pod = pod
        let problems = PodLog.problems(query)
        guard problems.isEmpty else { throw .invalid(group: "", kind: "PodLogOptions", name: pod.name, problems) }
        container = try PodContainer.named(query["container"], of: pod)
    }

    private static func problems(_ query: Query) -> [Problem] {
        var problems: [Problem] = []
        func whole(_ key: String, least: Int) {
            guard !query[key].isEmpty else { return }
            guard let number = Int(query[key]), number >= least else {
                let shown: Value = Int(query[key]).map { Value($0) } ?? .string(query[key])
                problems.append(.invalid(FieldPath(key), shown, "must be greater than \(least == 0 ? "or equal to 0" : "\(least - 1)")"))
                return
            }
        }
        whole("tailLines", least: 0)
        whole("limitBytes", least: 1)
        if !query["sinceSeconds"].isEmpty, !query["sinceTime"].isEmpty {
            problems.append(.forbidden(FieldPath("sinceSeconds"), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        } else {
            whole("sinceSeconds", least: 1)
        }
        return problems
    }

    /// Where the node has it.
    func path(_ request: HTTPRequest) -> String {
        let query = request.query.isEmpty ? "" : "?\(request.query)"
        return "/containerLogs/\(pod.namespace)/\(pod.name)/\(container)\(query)"
    }
}

extension Call {
    /// A pod that is on no node yet has no log: 204, as kube-apiserver answers.
    func podLog(_ pod: Pod) async throws(APIError) -> HTTPResponse {
        let log = try PodLog(pod: pod, query: query)
        guard !pod.nodeName.isEmpty else { return HTTPResponse(status: 204) }
        let answer = try await ask(node: pod.nodeName, log.path(request), isUpgradeAllowed: false)
        guard answer.status >= 400 else { return answer }
        let message = try await NodeAnswer.text(answer)
        throw answer.status == 400 || answer.status == 404
            ? .badRequest(message) : .internalError("the node answered \(answer.status): \(message)")
    }
}
