import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

/// Which addresses services get that ask for none.
@Suite struct ServiceAddressTests {
    private func make(_ name: String, in test: TestServer, address: String? = nil) async throws -> UInt32? {
        var spec: Value = ["ports": [["port": 80]]]
        if let address { spec["clusterIP"] = .string(address) }
        let made = try await test.client.create(.services, namespace: "default", ["metadata": ["name": .string(name)], "spec": spec])
        return made.spec?["clusterIP"]?.string.flatMap(ServiceNetwork.address)
    }

    @Test func `all of a small range is given out but what the cluster has of its own`() async throws {
        let network = try #require(ServiceNetwork("10.1.2.0/28"))
        let test = try await TestServer(network: network)
        var addresses: Set<UInt32> = []
        for number in 0..<12 { addresses.insert(try #require(await make("s\(number)", in: test))) }
        #expect(addresses == Set((network.base + 1...network.base + 14).filter { $0 != network.api && $0 != network.dns }))
        let error = await refusal { _ = try await make("more", in: test) }
        #expect(error?.message.contains("failed to allocate a serviceIP: range is full") == true)
        _ = try await test.client.delete(.services, namespace: "default", name: "s3")
        #expect(try await make("again", in: test).map(addresses.contains) == true)
    }

    @Test func `those that people choose are given out last`() async throws {
        let network = try #require(ServiceNetwork("10.1.2.0/25"))
        let test = try await TestServer(network: network)
        var offsets: [UInt32] = []
        for number in 0..<124 { offsets.append(try #require(await make("s\(number)", in: test)) - network.base) }
        #expect(offsets.prefix(111).allSatisfy { $0 >= 16 })
        #expect(Set(offsets) == Set(1...126).subtracting([1, 10]))
        #expect(try await make("names", in: test, address: "10.1.2.10") == network.dns)
    }
}
