import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension APIServer {
    /// POST to a subresource.
    func createSubresource(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        try admission.validateSubresource(body, AdmissionRequest(target: target, context: context, server: self))
        switch target.subresource {
        case "binding": return try await bind(target, body, context)
        case "eviction": return try await evict(target, body, context)
        case "token":
            let request = try ServiceAccountTokens(server: self).request(target, body, context)
            return WriteResult(written: .made(request), isCreated: true)
        default:
            throw APIError(
                code: 405, reason: "MethodNotAllowed",
                message: "the server does not allow this method on the requested resource")
        }
    }
}

/// The conditions of a status.
enum Conditions {
    /// Adds the condition, or changes the one of its type; the transition time only with the status.
    static func set(
        _ object: inout Value, type: String, status: String, reason: String = "", message: String = "", at now: Timestamp
    ) {
        var conditions = object[path: "status", "conditions"]?.array ?? []
        let index = conditions.firstIndex { $0["type"]?.string == type }
        var condition = index.map { conditions[$0] } ?? ["type": .string(type)]
        if condition["status"]?.string != status {
            condition["status"] = .string(status)
            condition["lastTransitionTime"] = .string(now.wholeSeconds.description)
        }
        condition["reason"] = reason.isEmpty ? nil : .string(reason)
        condition["message"] = message.isEmpty ? nil : .string(message)
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        object[path: "status", "conditions"] = .array(conditions)
    }
}
