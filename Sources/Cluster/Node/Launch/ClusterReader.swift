import ClusterAPI
import ClusterClient
import ClusterObjects

/// Reads for one pod what its containers are made from. Nothing is kept: a Secret is in memory only while it is used.
struct ClusterReader: Sendable {
    let client: any Client
    let namespace: String

    /// Nil when it is absent.
    func configMap(_ name: String) async throws(APIError) -> APIObject? { try await find(.configMaps, name) }
    func secret(_ name: String) async throws(APIError) -> APIObject? { try await find(.secrets, name) }

    /// The pod's namespace's services, and `kubernetes` of the default one.
    func services() async throws(APIError) -> [APIObject] {
        var result = try await client.list(.services, namespace: namespace).items
        if namespace != "default", let master = try await find(.services, "kubernetes", in: "default") { result.insert(master, at: 0) }
        return result
    }

    /// A token for the pod, bound to it.
    func token(_ pod: Pod, audience: String?, expirationSeconds: Int) async throws(APIError) -> String {
        var spec: Value = [
            "expirationSeconds": Value(expirationSeconds),
            "boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": Value(pod.name), "uid": Value(pod.uid)],
        ]
        if let audience { spec["audiences"] = [Value(audience)] }
        let account = pod.serviceAccountName.isEmpty ? "default" : pod.serviceAccountName
        let answer = try await client.create(
            .serviceAccounts, namespace: namespace, name: account, subresource: "token",
            object: ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec], options: WriteOptions())
        return answer.status?["token"]?.string ?? ""
    }

    private func find(_ resource: GroupVersionResource, _ name: String, in other: String? = nil) async throws(APIError) -> APIObject? {
        do throws(APIError) { return try await client.get(resource, namespace: other ?? namespace, name: name) } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }
}

/// A container that cannot be made as asked, until something in the cluster changes.
struct ConfigError: Error, Sendable, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

extension APIObject {
    /// The values of a ConfigMap: `data` and `binaryData`; or of a Secret.
    var contents: [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        let isSecret = kind == "Secret"
        for (key, value) in tree["data"]?.fields.map({ ($0.key, $0.value) }) ?? [] {
            guard let text = value.string else { continue }
            result[key] = isSecret ? Base64.decode(text) ?? [] : Array(text.utf8)
        }
        for (key, value) in tree["binaryData"]?.fields.map({ ($0.key, $0.value) }) ?? [] {
            if let text = value.string { result[key] = Base64.decode(text) ?? [] }
        }
        return result
    }
}
