import ClusterClient
import ClusterObjects
import ClusterTransport
import Foundation
import Glibc
import NIOPosix
import Testing

@testable import ClusterNetwork

@Suite struct ClusterZoneTests {
    private let zone = ClusterZone(domain: "cluster.local")
    private let known = table(
        [
            service(["clusterIP": "10.96.0.7", "ports": [["name": "http", "port": 80]]]),
            service(["clusterIP": "None", "ports": [["port": 5432]]], name: "db"),
            service(["type": "ExternalName", "externalName": "Example.COM"], name: "out"),
        ],
        [
            slice(
                [End(address: "10.244.0.5", hostname: "db-0"), End(address: "10.244.0.6"), End(address: "10.244.0.7", ready: false)],
                of: "db", port: 5432, name: "sql")
        ])

    private func ask(_ name: String, _ type: UInt16 = DNSType.a) -> ClusterZone.Outcome { zone.answer(name, type: type, in: known) }

    private func contents(_ outcome: ClusterZone.Outcome) -> [DNSRecord.Content]? {
        guard case .answer(let answer) = outcome, answer.code == .success else { return nil }
        return answer.records.map(\.content)
    }

    private func address(_ text: String) -> DNSRecord.Content { .a(IPv4Address(text) ?? IPv4Address(bits: 0)) }

    @Test func `a service is its cluster address, a headless one its ready endpoints`() {
        #expect(contents(ask("web.shop.svc.cluster.local")) == [address("10.96.0.7")])
        #expect(contents(ask("db.shop.svc.cluster.local")) == [address("10.244.0.5"), address("10.244.0.6")])
    }

    @Test func `endpoints of a headless service have names: their hostname or their address with dashes`() {
        #expect(contents(ask("db-0.db.shop.svc.cluster.local")) == [address("10.244.0.5")])
        #expect(contents(ask("10-244-0-6.db.shop.svc.cluster.local")) == [address("10.244.0.6")])
        #expect(contents(ask("10-244-0-5.db.shop.svc.cluster.local")) == nil)
    }

    @Test func `ports are SRV records`() {
        #expect(
            contents(ask("_http._tcp.web.shop.svc.cluster.local", DNSType.srv)) == [.srv(port: 80, target: "web.shop.svc.cluster.local")])
        #expect(
            contents(ask("_sql._tcp.db.shop.svc.cluster.local", DNSType.srv)) == [
                .srv(port: 5432, target: "db-0.db.shop.svc.cluster.local"),
                .srv(port: 5432, target: "10-244-0-6.db.shop.svc.cluster.local"),
            ])
        #expect(contents(ask("_http._udp.web.shop.svc.cluster.local", DNSType.srv)) == nil)
    }

    @Test func `addresses lead back to names`() {
        #expect(contents(ask("7.0.96.10.in-addr.arpa", DNSType.ptr)) == [.ptr("web.shop.svc.cluster.local")])
        #expect(contents(ask("5.0.244.10.in-addr.arpa", DNSType.ptr)) == [.ptr("db-0.db.shop.svc.cluster.local")])
        #expect(ask("1.1.1.1.in-addr.arpa", DNSType.ptr) == .elsewhere)
    }

    @Test func `a pod is its address with dashes`() {
        #expect(contents(ask("10-244-0-9.shop.pod.cluster.local")) == [address("10.244.0.9")])
        #expect(contents(ask("10-244-0.shop.pod.cluster.local")) == nil)
    }

    @Test func `an ExternalName is an alias, and what is not of the cluster is asked elsewhere`() {
        #expect(ask("out.shop.svc.cluster.local") == .alias("example.com"))
        #expect(ask("example.com") == .elsewhere)
        #expect(ask("notcluster.local") == .elsewhere)
    }

    @Test func `a name without such a record is told from a name that is not there`() {
        #expect(contents(ask("web.shop.svc.cluster.local", DNSType.aaaa)) == [])
        #expect(contents(ask("shop.svc.cluster.local")) == [])
        #expect(contents(ask("absent.shop.svc.cluster.local")) == nil)
        #expect(contents(ask("web.nowhere.svc.cluster.local")) == nil)
        #expect(contents(ask("example.com.shop.svc.cluster.local")) == nil)
    }
}

@Suite struct DNSMessageTests {
    private let sample: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 87, 101, 98, 1, 120, 0, 0, 1, 0, 1]

    @Test func `a question is read in lower case and echoed as it was sent`() throws {
        let query = try DNSQuery(sample)
        #expect(query.name == "web.x" && query.type == DNSType.a && query.id == 0x1234)
        let answer = DNSAnswer(records: [DNSRecord(name: nil, seconds: 5, content: .a(IPv4Address(bits: 0x0102_0304)))], domain: "x")
        let bytes = answer.bytes(to: query, limit: 512)
        #expect(Array(bytes[12..<23]) == Array(sample[12...]))
        #expect(DNSReader.answers(of: bytes)?.records.map(\.content) == [.raw(type: 1, [1, 2, 3, 4])])
    }

    @Test func `an answer too long for a datagram is cut off and says so`() throws {
        let query = try DNSQuery(sample)
        let records = (0..<100).map { DNSRecord(name: nil, seconds: 5, content: .a(IPv4Address(bits: $0))) }
        let cut = DNSAnswer(records: records, domain: "x").bytes(to: query, limit: 512)
        #expect(cut.count <= 512 && cut[2] & 0x02 != 0)
        #expect(DNSReader.answers(of: cut)?.records.count == Int(cut[7]))
        #expect(DNSAnswer(records: records, domain: "x").bytes(to: query, limit: 65535)[7] == 100)
    }

    @Test func `pointers that lead round in circles, answers and stubs are turned down`() {
        var loop = sample
        loop.replaceSubrange(12..<19, with: [3, 87, 101, 98, 0xC0, 12])
        #expect(throws: DNSQuery.Failure.refused(id: 0x1234, .formatError)) { try DNSQuery(loop) }
        var answer = sample
        answer[2] |= 0x80
        #expect(throws: DNSQuery.Failure.ignored) { try DNSQuery(answer) }
        #expect(throws: DNSQuery.Failure.ignored) { try DNSQuery(Array(sample.prefix(11))) }
    }

    @Test func `whatever bytes come, reading and answering them ends`() throws {
        var random = Seeded(state: 7)
        let server = DNSServer(
            domain: "x",
            forwarder: DNSForwarder(resolver: HostResolver(path: "/"), sockets: HostSockets(), group: MultiThreadedEventLoopGroup.singleton)
        )
        for _ in 0..<20000 {
            var bytes = sample + [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
            bytes[11] = 1
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where !bytes.isEmpty: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0...bytes.count, using: &random))
                default:
                    if bytes.isEmpty { continue }
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = [0, 1, 63, 64, 0xC0, 0xFF].randomElement(using: &random) ?? 0
                }
            }
            if case .now(let reply) = server.reply(to: bytes, stream: false) { #expect(reply.count >= 12 && reply.count <= 1232) }
            _ = DNSReader.answers(of: bytes)
        }
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

/// Servers on real sockets; the name server of the host is another one of ours, for `example.org`.
@Suite struct DNSServerTests {
    @Test func `answers over UDP and TCP, asks the host's name server for others and follows aliases to it`() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let file = NSTemporaryDirectory() + UUID().uuidString
        try "# host\nnameserver 127.0.0.1\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let upstreamPort = try UInt16(Sockets.freePort(udp: true))
        let nobody = DNSForwarder(resolver: HostResolver(path: "/nowhere"), sockets: HostSockets(), group: group)
        let upstream = DNSServer(domain: "example.org", forwarder: nobody)
        upstream.update(table([service(["clusterIP": "10.1.1.1"])], []))
        let local = IPv4Address(bits: 0x7F00_0001)
        try await upstream.open(local, port: upstreamPort, sockets: HostSockets(), group: group)
        let forwarder = DNSForwarder(resolver: HostResolver(path: file), sockets: HostSockets(), group: group, port: upstreamPort)
        let server = DNSServer(domain: "cluster.local", forwarder: forwarder)
        server.update(
            table(
                [
                    service(["clusterIP": "10.96.0.7"]),
                    service(["type": "ExternalName", "externalName": "web.shop.svc.example.org"], name: "out"),
                ], []))
        let port = try Sockets.freePort(udp: true)
        try await server.open(local, port: UInt16(port), sockets: HostSockets(), group: group)

        for stream in [false, true] {
            #expect(try await addresses("web.shop.svc.cluster.local", port, stream) == [10, 96, 0, 7])
            #expect(try await addresses("web.shop.svc.example.org", port, stream) == [10, 1, 1, 1])
            #expect(try await addresses("out.shop.svc.cluster.local", port, stream) == [10, 1, 1, 1])
            #expect(try await addresses("absent.shop.svc.cluster.local", port, stream) == nil)
            // The upstream has nobody to ask.
            #expect(try await addresses("example.com", port, stream) == nil)
        }
        await server.close()
        await upstream.close()
    }

    /// The address in the last record of the answer; nil when the answer is a failure.
    private func addresses(_ name: String, _ port: Int, _ stream: Bool) async throws -> [UInt8]? {
        let query = DNSQuery(asking: name, type: DNSType.a).bytes
        let answer = await blocking { () -> [UInt8] in
            guard let socket = Sockets.open("127.0.0.1", port, udp: !stream) else { return [] }
            defer { close(socket) }
            Sockets.writeAll(socket, stream ? [0, UInt8(query.count)] + query : query)
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(socket, &buffer, buffer.count)
            return Array(buffer[..<max(count, 0)].dropFirst(stream ? 2 : 0))
        }
        let (code, records) = try #require(DNSReader.answers(of: answer))
        guard code == .success, case .raw(_, let bytes)? = records.last?.content else { return nil }
        return bytes
    }
}
