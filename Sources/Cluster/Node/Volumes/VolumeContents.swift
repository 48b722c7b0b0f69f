import ClusterObjects

/// Reads the files of configMap, secret, downwardAPI and projected volumes.
struct VolumeContents: Sendable {
    let reader: ClusterReader
    let fields: PodFields

    /// - Throws: ``ConfigError`` naming what is missing, or the API's error.
    func files(of volume: Tree) async throws -> VolumeFiles {
        var result = VolumeFiles()
        if let projected = volume["projected"] {
            let mode = projected["defaultMode"]?.int ?? 0o644
            for source in projected["sources"].map({ Array($0.elements) }) ?? [] {
                if let token = source["serviceAccountToken"] {
                    let text = try await reader.token(
                        fields.pod, audience: token["audience"]?.string, expirationSeconds: token["expirationSeconds"]?.int ?? 3600)
                    result.files[token["path"]?.string ?? "token"] = .init(bytes: Array(text.utf8), mode: mode)
                } else {
                    try await add(source, mode: mode, secretName: source["secret"]?.name, to: &result)
                }
            }
        } else {
            let mode = (volume["configMap"] ?? volume["secret"] ?? volume["downwardAPI"])?["defaultMode"]?.int ?? 0o644
            try await add(volume, mode: mode, secretName: volume["secret"]?["secretName"]?.string, to: &result)
        }
        return result
    }

    private func add(_ source: Tree, mode: Int, secretName: String?, to result: inout VolumeFiles) async throws {
        if let map = source["configMap"] {
            let object = try await reader.configMap(map.name)
            if object == nil, map["optional"]?.bool != true { throw ConfigError("configmap \"\(map.name)\" not found") }
            try pick(object, map, mode: mode, "configmap", to: &result)
        } else if let secret = source["secret"], let name = secretName {
            let object = try await reader.secret(name)
            if object == nil, secret["optional"]?.bool != true { throw ConfigError("secret \"\(name)\" not found") }
            try pick(object, secret, mode: mode, "secret", to: &result)
        } else if let downward = source["downwardAPI"] {
            for item in downward["items"].map({ Array($0.elements) }) ?? [] {
                let text =
                    item["fieldRef"]?["fieldPath"]?.string.flatMap(fields.value)
                    ?? item["resourceFieldRef"].flatMap { fields.resource($0, container: nil) } ?? ""
                result.files[item["path"]?.string ?? ""] = .init(bytes: Array(text.utf8), mode: item["mode"]?.int ?? mode)
            }
        }
    }

    private func pick(_ object: APIObject?, _ source: Tree, mode: Int, _ resource: String, to result: inout VolumeFiles) throws {
        guard let contents = object?.contents else { return }
        let items = source["items"].map { Array($0.elements) } ?? []
        if items.isEmpty {
            for (key, bytes) in contents { result.files[key] = .init(bytes: bytes, mode: mode) }
        }
        for item in items {
            let key = item["key"]?.string ?? ""
            guard let bytes = contents[key] else {
                if source["optional"]?.bool == true { continue }
                throw ConfigError("\(resource) references non-existent config key: \(key)")
            }
            result.files[item["path"]?.string ?? key] = .init(bytes: bytes, mode: item["mode"]?.int ?? mode)
        }
    }
}
