import ClusterObjects
import Crypto

/// The OpenAPI documents, made from the registry: what kubectl validates by, explains and completes from.
///
/// Field facts of built-in types carry no prose, so `kubectl explain` shows types and fields without descriptions. Nothing is kept: a
/// document takes some milliseconds to make, and clients keep it by its hash.
public struct OpenAPI: Sendable {
    private let resources: [Resource]

    public init(_ registry: Registry) { resources = registry.all }

    private static let info: Value = ["title": "Kubernetes", "version": "v1.36.2"]

    /// `/openapi/v3`: where the document of each group and version is.
    public var index: Value {
        var paths = Value.emptyObject
        for version in Set(resources.map(\.gvk.groupVersion)) {
            let path = version.group.isEmpty ? "api/\(version.version)" : "apis/\(version)"
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash(of: version))")]
        }
        return ["paths": paths]
    }

    /// `/openapi/v3/api/v1`, `/openapi/v3/apis/GROUP/VERSION`; nil when nothing of the version is served.
    public func document(of version: GroupVersion) -> Value? {
        let served = resources.filter { $0.gvk.groupVersion == version }
        if served.isEmpty { return nil }
        let (paths, definitions) = OpenAPI.describe(served, .v3)
        return [
            "openapi": "3.0.0", "info": OpenAPI.info, "paths": paths,
            "components": [
                "schemas": .object(Fields(definitions.map { ($0.key, $0.value) })),
                "securitySchemes": ["BearerToken": ["type": "apiKey", "in": "header", "name": "authorization"]],
            ],
        ]
    }

    /// `/openapi/v2`: everything in one document.
    public var swagger: Value {
        let (paths, definitions) = OpenAPI.describe(resources, .v2)
        return [
            "swagger": "2.0", "info": OpenAPI.info, "paths": paths, "definitions": .object(Fields(definitions.map { ($0.key, $0.value) })),
            "securityDefinitions": ["BearerToken": ["type": "apiKey", "in": "header", "name": "authorization"]],
        ]
    }

    /// Changes when the document of a version may have changed.
    public func hash(of version: GroupVersion) -> String {
        var hasher = SHA256()
        hasher.update(data: OpenAPI.factsDigest)
        for resource in resources where resource.gvk.groupVersion == version {
            hasher.update(data: Array("\(resource.gvr)|\(resource.kind)|\(resource.subresources.map(\.name))".utf8))
            guard resource.isCustom else { continue }
            for node in resource.schema.types.nodes {
                hasher.update(data: Array("\(node.type)|\(node.properties.keys.sorted())".utf8))
                if let constraints = node.constraints { hasher.update(data: constraints.json) }
            }
        }
        let digits = Array("0123456789ABCDEF")
        return String(hasher.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static let factsDigest = Array(SHA256.hash(data: Array(Facts.types.bytes)))

    private static func describe(_ resources: [Resource], _ dialect: OpenAPIDialect) -> (Value, [String: Value]) {
        var definitions = DefinitionBuilder(dialect)
        var paths = Value.emptyObject
        let writer = OpenAPIPaths(dialect: dialect)
        for resource in resources { writer.add(resource, to: &paths, &definitions) }
        for type in ["meta.v1.DeleteOptions", "meta.v1.Patch"] { _ = definitions.reference(type: type) }
        return (paths, definitions.definitions)
    }
}
