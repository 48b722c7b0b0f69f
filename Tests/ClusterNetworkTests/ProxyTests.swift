import ClusterObjects
import Glibc
import Testing

@testable import ClusterNetwork

/// The proxy on real sockets. Every 127.x.y.z is this machine's, so cluster addresses of that range can be bound.
@Suite struct ProxyTests {
    private func spec(_ address: String, _ port: Int, proto: String = "TCP", affinity: String = "None") -> Value {
        [
            "clusterIP": .string(address), "sessionAffinity": .string(affinity),
            "ports": [["port": Value(port), "protocol": .string(proto)]],
        ]
    }

    @Test func `connections to a cluster address are balanced over the endpoints, half-closing included`() async throws {
        let (a, b) = (try Program("a", on: "127.0.0.1"), try Program("b", on: "127.0.0.2"))
        let port = try Sockets.freePort()
        try await withProxy { proxy in
            let slices = [slice([End(address: "127.0.0.1")], port: a.port), renamed(slice([End(address: "127.0.0.2")], port: b.port), "y")]
            await proxy.apply(table([service(spec("127.9.0.1", port))], slices), [web])
            let answers = await blocking { (0..<4).map { _ in Sockets.ask("127.9.0.1", port, "!") } }
            #expect(answers == ["a!", "b!", "a!", "b!"])
        }
    }

    @Test func `much data passes in both directions unharmed`() async throws {
        let echo = try Program("")
        let port = try Sockets.freePort()
        try await withProxy { proxy in
            await proxy.apply(table([service(spec("127.9.0.2", port))], [slice([End(address: "127.0.0.1")], port: echo.port)]), [web])
            let text = String((0..<2_000_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 65...90))) })
            #expect(await blocking { Sockets.ask("127.9.0.2", port, text) } == text)
        }
    }

    @Test func `a slow client that has said all gets the whole answer of an endpoint that is done long before`() async throws {
        let echo = try Program(String(repeating: "x", count: 16_000_000))
        let port = try Sockets.freePort()
        try await withProxy { proxy in
            await proxy.apply(table([service(spec("127.9.0.6", port))], [slice([End(address: "127.0.0.1")], port: echo.port)]), [web])
            let lengths = await blocking { (0..<2).map { _ in Sockets.ask("127.9.0.6", port, "!", receiveBuffer: 8192)?.utf8.count } }
            #expect(lengths == [16_000_001, 16_000_001])
        }
    }

    @Test func `an endpoint that cannot be reached is passed over`() async throws {
        let alive = try Program("alive")
        let dead = try Sockets.freePort()
        let port = try Sockets.freePort()
        try await withProxy { proxy in
            let slices = [
                slice([End(address: "127.0.0.1")], port: dead), renamed(slice([End(address: "127.0.0.1")], port: alive.port), "y"),
            ]
            await proxy.apply(table([service(spec("127.9.0.3", port))], slices), [web])
            let answers = await blocking { (0..<3).map { _ in Sockets.ask("127.9.0.3", port) } }
            #expect(answers == ["alive", "alive", "alive"])
        }
    }

    @Test func `a service without endpoints refuses, and a removed endpoint keeps its open connections`() async throws {
        let (a, b) = (try Program("a"), try Program("b"))
        let port = try Sockets.freePort()
        try await withProxy { proxy in
            let web4 = service(spec("127.9.0.4", port))
            await proxy.apply(table([web4], []), [web])
            #expect(await blocking { Sockets.ask("127.9.0.4", port) } == nil)
            await proxy.apply(table([web4], [slice([End(address: "127.0.0.1")], port: a.port)]), [web])
            let kept = try #require(await blocking { Sockets.open("127.9.0.4", port) })
            defer { close(kept) }
            // Only when an answer has passed is the connection known to be joined.
            await proxy.apply(table([web4], [slice([End(address: "127.0.0.1")], port: b.port)]), [web])
            #expect(await blocking { Sockets.ask("127.9.0.4", port) } == "b")
            await proxy.apply(table([web4], []), [web])
            #expect(await blocking { Sockets.ask("127.9.0.4", port) } == nil)
            let rest = await blocking {
                Sockets.writeAll(kept, Array("!".utf8))
                shutdown(kept, CInt(SHUT_WR))
                return String(decoding: Sockets.readAll(kept), as: UTF8.self)
            }
            #expect(rest == "a!" || rest == "b!")
        }
    }

    @Test func `datagrams reach an endpoint and come back from the cluster address; a client is kept by affinity`() async throws {
        let (a, b) = (try Program("a", on: "127.0.0.1", udp: true), try Program("b", on: "127.0.0.2", udp: true))
        let port = try Sockets.freePort(udp: true)
        try await withProxy { proxy in
            let slices = [
                slice([End(address: "127.0.0.1")], port: a.port, proto: "UDP"),
                renamed(slice([End(address: "127.0.0.2")], port: b.port, proto: "UDP"), "y"),
            ]
            await proxy.apply(table([service(spec("127.9.0.5", port, proto: "UDP"))], slices), [web])
            #expect(await blocking { (0..<4).map { _ in Sockets.askUDP("127.9.0.5", port) } } == ["a", "b", "a", "b"])
            await proxy.apply(table([service(spec("127.9.0.5", port, proto: "UDP", affinity: "ClientIP"))], slices), [web])
            #expect(Set(await blocking { (0..<4).map { _ in Sockets.askUDP("127.9.0.5", port) } }).count == 1)
        }
    }

    private func renamed(_ slice: APIObject, _ name: String) -> APIObject {
        var draft = slice.draft
        draft[path: "metadata", "name"] = .string("web-\(name)")
        return APIObject(draft)
    }
}
