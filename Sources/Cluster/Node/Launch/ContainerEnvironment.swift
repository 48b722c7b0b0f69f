import ClusterAPI
import ClusterObjects

/// Makes a container's environment: `envFrom`, `env` with every `valueFrom`, and the variables of services.
struct ContainerEnvironment: Sendable {
    let reader: ClusterReader
    let fields: PodFields

    /// Names are in the order in which they are set, each once.
    /// - Throws: ``ConfigError`` naming what is missing, or the API's error.
    func variables(of container: Tree) async throws -> [(name: String, value: String)] {
        let pod = fields.pod
        let links = pod.spec?["enableServiceLinks"]?.bool ?? true
        let services = ServiceVariables.of(try await reader.services(), namespace: pod.namespace, links: links)
        let serviceValues = Dictionary(services, uniquingKeysWith: { $1 })
        var order: [String] = []
        var values: [String: String] = [:]
        func set(_ name: String, _ value: String) {
            if values.updateValue(value, forKey: name) == nil { order.append(name) }
        }
        for source in container["envFrom"].map({ Array($0.elements) }) ?? [] {
            let prefix = source["prefix"]?.string ?? ""
            for (key, value) in try await all(source) { set(prefix + key, value) }
        }
        for entry in container["env"].map({ Array($0.elements) }) ?? [] {
            if let from = entry["valueFrom"] {
                if let value = try await value(from, container: container.name) { set(entry.name, value) }
            } else {
                let text = entry["value"]?.string ?? ""
                set(entry.name, VariableExpansion.expand(text) { values[$0] ?? serviceValues[$0] })
            }
        }
        for (name, value) in services where values[name] == nil { set(name, value) }
        return order.map { ($0, values[$0] ?? "") }
    }

    private func all(_ source: Tree) async throws -> [(String, String)] {
        let object: APIObject?
        let reference: Tree
        if let found = source["configMapRef"] {
            reference = found
            object = try await reader.configMap(found.name)
            if object == nil, found["optional"]?.bool != true { throw ConfigError("configmap \"\(found.name)\" not found") }
        } else if let found = source["secretRef"] {
            reference = found
            object = try await reader.secret(found.name)
            if object == nil, reference["optional"]?.bool != true { throw ConfigError("secret \"\(found.name)\" not found") }
        } else {
            return []
        }
        return (object?.contents ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, String(decoding: $0.value, as: UTF8.self)) }
    }

    /// Nil for an optional key that is absent: the variable is not set.
    private func value(_ from: Tree, container: String) async throws -> String? {
        if let reference = from["fieldRef"] {
            let path = reference["fieldPath"]?.string ?? ""
            guard let value = fields.value(path) else { throw ConfigError("unsupported fieldPath: \(path)") }
            return value
        }
        if let reference = from["resourceFieldRef"] {
            guard let value = fields.resource(reference, container: container) else {
                throw ConfigError("unsupported container resource: \(reference["resource"]?.string ?? "")")
            }
            return value
        }
        if let reference = from["configMapKeyRef"] {
            return try key(reference, in: try await reader.configMap(reference.name), "configmap", "ConfigMap")
        }
        if let reference = from["secretKeyRef"] {
            return try key(reference, in: try await reader.secret(reference.name), "secret", "Secret")
        }
        throw ConfigError("unsupported source of an environment variable: \(from.fields.map(\.key).joined(separator: ", "))")
    }

    private func key(_ reference: Tree, in object: APIObject?, _ resource: String, _ kind: String) throws -> String? {
        let isOptional = reference["optional"]?.bool == true
        let key = reference["key"]?.string ?? ""
        guard let object else {
            if isOptional { return nil }
            throw ConfigError("\(resource) \"\(reference.name)\" not found")
        }
        guard let bytes = object.contents[key] else {
            if isOptional { return nil }
            throw ConfigError("couldn't find key \(key) in \(kind) \(fields.pod.namespace)/\(reference.name)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
