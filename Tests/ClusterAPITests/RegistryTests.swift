import ClusterAPI
import ClusterObjects
import Testing

@Suite struct RegistryTests {
    @Test func `the built-in registry knows a resource by name and by kind`() {
        let registry = Registry.builtIn()
        #expect(registry.resource(GroupVersionKind("apps", "v1", "Deployment"))?.plural == "deployments")
        #expect(registry.resource(GroupVersionResource("", "v1", "pods"))?.kind == "Pod")
    }
}
