import ClusterObjects
import ClusterTransport
import Foundation
import NIOHTTP1
import Synchronization
import Testing

@testable import ClusterNode

/// The node's endpoint, asked without a network.
@Suite struct EndpointTests {
    final class Collected: BodyWriter {
        let bytes = Mutex<[UInt8]>([])
        func write(_ piece: [UInt8]) async throws { bytes.withLock { $0 += piece } }
    }

    struct Answer: Equatable {
        var status: Int
        var text: String

        init(_ status: Int, _ text: String) {
            self.status = status
            self.text = text
        }
    }

    static let server = PeerIdentity(commonName: "kube-apiserver-kubelet-client", organizations: [])

    /// A pod's directory with two runs of its container.
    func withLogs(_ body: (NodeEndpoint) async throws -> Void) async throws {
        let node = NSTemporaryDirectory() + "skiff-logs-" + UUID().uuidString
        defer { TextFile.remove(node) }
        let directory = PodDirectory(node: node, uid: "u1")
        try directory.make(
            for: Pod(
                APIObject([
                    "metadata": ["name": "web", "namespace": "shop"], "spec": ["containers": [["name": "main"], ["name": "idle"]]],
                ])))
        try TextFile.makeDirectory(directory.container("main"))
        for attempt in 0...1 {
            let time = "2026-01-01T00:00:0\(attempt).000000000Z"
            try TextFile.write("\(time)\n".utf8, to: "\(directory.container("main"))/\(attempt).start")
            try TextFile.write("1 \(time) \(time)\n".utf8, to: "\(directory.container("main"))/\(attempt).exit")
            let lines = ["a", "b", "c"].map { "\(time) stdout F \($0)\(attempt)\n" }.joined()
            try TextFile.write(lines.utf8, to: directory.log("main", attempt: attempt))
        }
        try await body(NodeEndpoint(directory: node, sockets: HostSockets()))
    }

    func ask(_ endpoint: NodeEndpoint, _ path: String, _ query: String = "", peer: PeerIdentity? = server) async throws -> Answer {
        let response = await endpoint.respond(to: HTTPRequest(method: "GET", path: path, query: query, peer: peer))
        switch response.body {
        case .bytes(let bytes): return Answer(response.status, String(decoding: bytes, as: UTF8.self))
        case .stream(let produce):
            let collected = Collected()
            try await produce(collected)
            return Answer(response.status, String(decoding: collected.bytes.withLock { $0 }, as: UTF8.self))
        }
    }

    @Test func `logs are served: whole, the tail, the run before, and followed to the end`() async throws {
        try await withLogs { (endpoint: NodeEndpoint) async throws in
            let path = "/containerLogs/shop/web/main"
            #expect(try await ask(endpoint, path) == Answer(200, "a1\nb1\nc1\n"))
            #expect(try await ask(endpoint, path, "tailLines=2") == Answer(200, "b1\nc1\n"))
            #expect(try await ask(endpoint, path, "previous=true&limitBytes=4") == Answer(200, "a0\nb"))
            #expect(try await ask(endpoint, path, "follow=true") == Answer(200, "a1\nb1\nc1\n"))
            #expect(try await ask(endpoint, path, "timestamps=true&tailLines=1") == Answer(200, "2026-01-01T00:00:01.000000000Z c1\n"))
        }
    }

    @Test func `only the API server may ask, and only for what there is`() async throws {
        try await withLogs { (endpoint: NodeEndpoint) async throws in
            let path = "/containerLogs/shop/web/main"
            #expect(try await ask(endpoint, path, peer: nil).status == 401)
            #expect(try await ask(endpoint, path, peer: PeerIdentity(commonName: "eve", organizations: [])).status == 403)
            #expect(try await ask(endpoint, "/containerLogs/shop/web/none").status == 404)
            #expect(try await ask(endpoint, "/containerLogs/shop/none/main").status == 404)
            #expect(try await ask(endpoint, "/containerLogs/shop/web/idle").status == 400)
            #expect(try await ask(endpoint, path, "tailLines=-1").status == 400)
            #expect(try await ask(endpoint, "/exec/../x").status == 404)
        }
    }

    /// The endpoint as the API server sees it, without certificates.
    private struct Known: HTTPResponder {
        let endpoint: NodeEndpoint
        func respond(to request: HTTPRequest) async -> HTTPResponse {
            var request = request
            request.peer = server
            return await endpoint.respond(to: request)
        }
    }

    private struct Hello: HTTPResponder {
        func respond(to request: HTTPRequest) async -> HTTPResponse {
            HTTPResponse(status: 200, body: .bytes(Array("hello \(request.path)".utf8)))
        }
    }

    @Test func `the API server is joined with servers of the node's network, but not for a request that it passes on`() async throws {
        try await withLogs { (endpoint: NodeEndpoint) async throws in
            let hello = try await HTTPListener.bind(host: "127.0.0.1", port: 0, tls: nil, responder: Hello())
            let node = try await HTTPListener.bind(host: "127.0.0.1", port: 0, tls: nil, responder: Known(endpoint: endpoint))
            let running = Task {
                async let first: Void = hello.run()
                async let second: Void = node.run()
                _ = try await (first, second)
            }
            let relay = HTTPRelay(host: "127.0.0.1", port: node.port)
            let answer = try await HTTPRelay(through: relay, target: "/dial/127.0.0.1/\(hello.port)")
                .forward(method: "GET", target: "/a", headers: ["Host": "x"])
            let collected = Collected()
            if case .stream(let produce) = answer.body { try await produce(collected) }
            #expect(String(decoding: collected.bytes.withLock { $0 }, as: UTF8.self) == "hello /a")

            // Port 0 is nobody's.
            await #expect(throws: HTTPRelay.TunnelRefused.self) {
                try await HTTPRelay(through: relay, target: "/dial/127.0.0.1/0").forward(method: "GET", target: "/", headers: [:])
            }
            let wish = ["Connection": "Upgrade, X-Forwarded-Uri", "Upgrade": HTTPRelay.tunnelProtocol] as HTTPHeaders
            let passedOn = try await relay.forward(
                method: "POST", target: "/dial/127.0.0.1/\(hello.port)", headers: wish, adding: [("X-Forwarded-Uri", "/proxy")])
            #expect(passedOn.status == 404)
            running.cancel()
            try await running.value
        }
    }
}
