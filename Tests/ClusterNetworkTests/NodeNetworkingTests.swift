import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Glibc
import Logging
import Synchronization
import Testing

@testable import ClusterNetwork

/// The whole service against an API that says what the test lets it say.
@Suite struct NodeNetworkingTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func `follows services and slices from their watches, and closes everything when it is cancelled`() async throws {
        let program = try Program("a")
        let port = try Sockets.freePort()
        let api = ScriptedAPI()
        var configuration = NetworkConfiguration(inside: HostSockets(), nodeName: "n1")
        configuration.podNetwork = "127.0.0.0/8"
        configuration.dnsAddress = ""
        let networking = try NodeNetworking(client: api, configuration: configuration, logger: logger)
        let running = Task { try await networking.run() }
        api.send(.services, WatchEvent(.added, service(["clusterIP": "127.9.1.1", "ports": [["port": Value(port)]]])))
        api.send(.endpointSlices, WatchEvent(.added, slice([End(address: "127.0.0.1")], port: program.port)))
        let answer = await blocking { () -> String? in
            for _ in 0..<24000 {
                if let answer = Sockets.ask("127.9.1.1", port) { return answer }
                usleep(5000)
            }
            return nil
        }
        #expect(answer == "a")
        running.cancel()
        try await running.value
        #expect(await blocking { Sockets.ask("127.9.1.1", port) } == nil)
    }

    @Test func `a LoadBalancer is given the node's address, and what is none any more loses it`() {
        let status = LoadBalancerStatus(client: ScriptedAPI(), nodeAddress: "10.0.0.1", logger: logger)
        let given: Value = ["loadBalancer": ["ingress": [["ip": "10.0.0.1"]]]]
        #expect(
            status.patch(for: ServiceView(service(["type": "LoadBalancer"])))?[path: "status", "loadBalancer", "ingress"]
                == [["ip": "10.0.0.1", "ipMode": "VIP"]])
        #expect(status.patch(for: ServiceView(service(["type": "LoadBalancer"], status: given))) == nil)
        #expect(status.patch(for: ServiceView(service(["type": "LoadBalancer", "loadBalancerClass": "x.io/y"]))) == nil)
        #expect(
            status.patch(for: ServiceView(service(["type": "ClusterIP"], status: given)))?[path: "status", "loadBalancer", "ingress"]
                == .null)
    }

    @Test(arguments: ["10.244.0.0/33", "10.244.0.0", "::/0", "1.2.3.04/8"]) func `what is no range is refused`(range: String) {
        var configuration = NetworkConfiguration(inside: HostSockets(), nodeName: "n1")
        configuration.podNetwork = range
        #expect(throws: NetworkError.self) {
            try NodeNetworking(
                client: ScriptedAPI(), configuration: configuration, logger: logger)
        }
    }
}

/// Lists nothing and watches what it is told to.
private final class ScriptedAPI: Client {
    private struct Said {
        var streams: [GroupVersionResource: AsyncThrowingStream<WatchEvent, any Error>.Continuation] = [:]
        /// Events of resources that nobody watches yet.
        var waiting: [GroupVersionResource: [WatchEvent]] = [:]
    }

    private let said = Mutex(Said())

    func send(_ resource: GroupVersionResource, _ event: WatchEvent) {
        said.withLock { said in
            if let stream = said.streams[resource] { stream.yield(event) } else { said.waiting[resource, default: []].append(event) }
        }
    }

    func list(_ resource: GroupVersionResource, namespace: String?, options: ListOptions) async throws(APIError) -> ObjectList {
        ObjectList(items: [], resourceVersion: "1")
    }

    func watch(
        _ resource: GroupVersionResource, namespace: String?, options: ListOptions
    ) async throws(APIError) -> AsyncThrowingStream<WatchEvent, any Error> {
        let (stream, feed) = AsyncThrowingStream<WatchEvent, any Error>.makeStream()
        said.withLock { said in
            said.streams[resource] = feed
            for event in said.waiting.removeValue(forKey: resource) ?? [] { feed.yield(event) }
        }
        return stream
    }

    func get(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?
    ) async throws(APIError) -> APIObject { throw .notFound(resource.groupResource, name) }

    func create(
        _ resource: GroupVersionResource, namespace: String?, name: String?, subresource: String?, object: Value, options: WriteOptions
    ) async throws(APIError) -> APIObject { APIObject(object) }

    func update(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, object: Value, options: WriteOptions
    ) async throws(APIError) -> APIObject { APIObject(object) }

    func patch(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, patch: Patch, options: WriteOptions
    ) async throws(APIError) -> APIObject { throw .notFound(resource.groupResource, name) }

    func delete(
        _ resource: GroupVersionResource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(APIError) -> APIObject? { nil }
}
