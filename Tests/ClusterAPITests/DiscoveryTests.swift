import ClusterAPI
import ClusterObjects
import Testing

@Suite struct DiscoveryTests {
    private let discovery = Discovery(Registry.builtIn())

    @Test func `groups are listed by rank, versions by stability`() {
        let groups = discovery.groups["groups"]?.array ?? []
        #expect(groups.prefix(2).map { $0["name"] } == ["apiregistration.k8s.io", "apps"])
        let autoscaling = groups.first { $0["name"] == "autoscaling" }
        #expect(autoscaling?["versions"]?.array?.map { $0["version"] } == ["v2", "v1"])
        #expect(autoscaling?[path: "preferredVersion", "version"] == "v2")
    }

    @Test(arguments: [
        (GroupVersion("", "v1"), "configmaps", "qFsyl6wFWjQ="),
        (GroupVersion("autoscaling", "v1"), "horizontalpodautoscalers", "qwQve8ut294="),
        (GroupVersion("apiextensions.k8s.io", "v1"), "customresourcedefinitions", "jfWCUB31mvA="),
    ])
    func `a resource's storage version is hashed as kube-apiserver does`(version: GroupVersion, name: String, hash: String) {
        let rows = discovery.resources(of: version)?["resources"]?.array ?? []
        #expect(rows.first { $0["name"] == .string(name) }?["storageVersionHash"] == .string(hash))
    }

    @Test func `aggregated discovery names the kinds of subresources of other groups`() {
        let apps = discovery.aggregatedGroups["items"]?.array?.first { $0[path: "metadata", "name"] == "apps" }
        let deployments = apps?["versions"]?.array?.first?["resources"]?.array?.first { $0["resource"] == "deployments" }
        #expect(deployments?["responseKind"] == ["group": "", "version": "", "kind": "Deployment"])
        let scale = deployments?["subresources"]?.array?.first { $0["subresource"] == "scale" }
        #expect(scale?["responseKind"] == ["group": "autoscaling", "version": "v1", "kind": "Scale"])
    }
}

@Suite struct OpenAPITests {
    private func references(_ value: Value) -> Set<String> {
        switch value {
        case .object(let fields):
            fields.reduce(into: []) { found, field in
                if field.key == "$ref", let name = field.value.string {
                    found.insert(name)
                } else {
                    found.formUnion(references(field.value))
                }
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references($1)) }
        default: []
        }
    }

    @Test func `every type that a document refers to is in it`() throws {
        let openAPI = OpenAPI(Registry.builtIn())
        let apps = try #require(openAPI.document(of: GroupVersion("apps", "v1")))
        let schemas = apps[path: "components", "schemas"]?.object?.keys ?? []
        let prefix = "#/components/schemas/"
        #expect(references(apps).allSatisfy { $0.hasPrefix(prefix) && schemas.contains(String($0.dropFirst(prefix.count))) })
        let definitions = Set(openAPI.swagger["definitions"]?.object?.keys ?? [])
        #expect(references(openAPI.swagger["definitions"] ?? .null).allSatisfy { definitions.contains(String($0.dropFirst(14))) })
    }

    @Test func `kubectl finds that a patch can be validated by the server`() throws {
        let apps = try #require(OpenAPI(Registry.builtIn()).document(of: GroupVersion("apps", "v1")))
        let patch = apps[path: "paths", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}", "patch"]
        #expect(patch?["x-kubernetes-group-version-kind"] == ["group": "apps", "version": "v1", "kind": "Deployment"])
        #expect(patch?["parameters"]?.array?.contains { $0["name"] == "fieldValidation" } == true)
    }

    @Test func `a version's hash changes with its custom resources alone`() {
        let registry = Registry.builtIn()
        let before = OpenAPI(registry)
        let versions = [GroupVersion("apps", "v1"), GroupVersion("example.com", "v1")]
        let widgets = Resource(
            group: "example.com", version: "v1", kind: "Widget", plural: "widgets", singular: "widget", isNamespaced: true,
            verbs: ["get"], schema: .any, isCustom: true)
        registry.add([widgets])
        let after = OpenAPI(registry)
        #expect(before.hash(of: versions[0]) == after.hash(of: versions[0]))
        #expect(before.hash(of: versions[1]) != after.hash(of: versions[1]))
        #expect(after.document(of: versions[1])?[path: "components", "schemas", "com.example.v1.Widget"] != nil)
    }
}
