import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterNetwork

@Suite struct ServiceTableTests {
    private let scope = ProxyScope(nodeName: "n1", nodePortAddresses: [IPv4Address(bits: 0x7F00_0001)], reserved: [])
    private let nodePort: Value = [
        "type": "NodePort", "clusterIP": "10.96.0.7", "ports": [["port": 80, "nodePort": 30080, "protocol": "TCP"]],
    ]

    private func backends(_ rules: [Frontend: FrontendRule], _ frontend: String) -> [String]? {
        rules.first { "\($0.key)" == frontend }?.value.backends.map(\.description)
    }

    @Test func `a service answers on its cluster address and its node port, leading to ready endpoints`() {
        let rules = table([service(nodePort)], [slice([End(address: "10.244.0.2"), End(address: "10.244.0.3", ready: false)], port: 8080)])
            .rules(for: web, in: scope)
        #expect(rules.count == 2)
        #expect(backends(rules, "10.96.0.7:80/TCP") == ["10.244.0.2:8080"])
        #expect(backends(rules, "127.0.0.1:30080/TCP") == ["10.244.0.2:8080"])
    }

    @Test func `without a ready endpoint those that still serve while ending are used, and then nothing`() {
        let ending = slice([End(address: "10.244.0.2", ready: false, terminating: true)], port: 8080)
        #expect(backends(table([service(nodePort)], [ending]).rules(for: web, in: scope), "10.96.0.7:80/TCP") == ["10.244.0.2:8080"])
        let none = slice([End(address: "10.244.0.2", ready: false)], port: 8080)
        #expect(table([service(nodePort)], [none]).rules(for: web, in: scope).isEmpty)
    }

    @Test func `traffic policy Local keeps to endpoints of this node, inside and outside apart`() {
        var spec = nodePort
        spec["externalTrafficPolicy"] = "Local"
        let ends = slice([End(address: "10.244.0.2"), End(address: "10.244.1.2", node: "n2")], port: 80)
        let rules = table([service(spec)], [ends]).rules(for: web, in: scope)
        #expect(backends(rules, "127.0.0.1:30080/TCP") == ["10.244.0.2:80"])
        #expect(backends(rules, "10.96.0.7:80/TCP")?.count == 2)
    }

    @Test func `headless services, those by another name and UDP beside TCP are told apart`() {
        let headless = service(["clusterIP": "None", "ports": [["port": 80]]])
        #expect(table([headless], [slice([End(address: "10.244.0.2")], port: 80)]).rules(for: web, in: scope).isEmpty)
        let dns = service(["clusterIP": "10.96.0.9", "ports": [["port": 53, "protocol": "UDP"], ["port": 53, "protocol": "TCP"]]])
        let rules = table([dns], [slice([End(address: "10.244.0.2")], port: 53, proto: "UDP")]).rules(for: web, in: scope)
        #expect(rules.keys.map(\.description) == ["10.96.0.9:53/UDP"])
    }

    @Test func `a change touches only its service`() {
        var table = table([service(nodePort), service(["clusterIP": "10.96.0.8"], name: "other")], [])
        let ends = slice([End(address: "10.244.0.2")], port: 80)
        #expect(table.applySlices(.changed(WatchEvent(.added, ends))) == [web])
        #expect(table.applySlices(.changed(WatchEvent(.deleted, ends))) == [web])
        #expect(table.rules(for: web, in: scope).isEmpty)
        #expect(table.applyServices(.changed(WatchEvent(.deleted, service(nodePort)))) == [web])
        #expect(table.service(at: IPv4Address(bits: 0x0A60_0007)) == nil)
    }
}

@Suite struct BalancerTests {
    private let one = Backend(address: IPv4Address(bits: 1), port: 80)
    private let two = Backend(address: IPv4Address(bits: 2), port: 80)
    private let client = IPv4Address(bits: 9)

    @Test func `backends take turns, and one that failed is passed over`() {
        var balancer = Balancer(FrontendRule(backends: [one, two]))
        #expect((0..<4).map { _ in balancer.pick(for: client, at: 0) } == [one, two, one, two])
        #expect(balancer.pick(for: client, tried: [one], at: 0) == two)
        #expect(balancer.pick(for: client, tried: [one, two], at: 0) == nil)
    }

    @Test func `a client stays with its backend until it has been away too long or the backend is gone`() {
        var balancer = Balancer(FrontendRule(backends: [one, two], affinitySeconds: 10))
        #expect((0..<3).map { balancer.pick(for: client, at: Int64($0 * 9)) } == [one, one, one])
        #expect(balancer.pick(for: client, at: 100) == two)
        balancer.update(FrontendRule(backends: [one], affinitySeconds: 10))
        #expect(balancer.pick(for: client, at: 101) == one)
    }

    @Test func `clients outside of the source ranges are not admitted`() throws {
        let range = try #require(IPv4Network("10.0.0.0/8"))
        let balancer = Balancer(FrontendRule(backends: [one], sourceRanges: [range]))
        #expect(balancer.admits(IPv4Address(bits: 0x0A01_0101)) && !balancer.admits(client))
    }

    @Test func `node ports answer on addresses, on a range's own addresses, or everywhere`() throws {
        let present = ["127.0.0.1", "192.168.1.7", "10.0.0.3"].compactMap { IPv4Address($0) }
        func chosen(_ wanted: [String]) throws -> [String] { try HostAddresses.chosen(by: wanted, among: present).map(\.description) }
        #expect(try chosen(["127.0.0.2", "192.168.0.0/16"]) == ["127.0.0.2", "192.168.1.7"])
        #expect(try chosen(["127.0.0.1", "0.0.0.0/0"]) == ["0.0.0.0"])
        #expect(throws: NetworkError.self) { try chosen(["172.16.0.0/12"]) }
        #expect(throws: NetworkError.self) { try chosen(["here"]) }
    }
}
