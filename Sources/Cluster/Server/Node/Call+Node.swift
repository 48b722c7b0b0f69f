import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport

extension Call {
    /// Passes the request on to a node.
    /// - Throws: 500 when the node has no endpoint or cannot be reached; 404 when there is no such node.
    func ask(node name: String, _ target: String, isUpgradeAllowed: Bool = true) async throws(APIError) -> HTTPResponse {
        let (nodes, address) = try nodeEndpoint(try await server.localClient(user: "system:apiserver").get(.nodes, name: name))
        return try await nodes.forward(request, to: address, target: target, isUpgradeAllowed: isUpgradeAllowed)
    }

    /// Where a node's endpoint is, and how it is reached.
    /// - Throws: 500 when it has none.
    func nodeEndpoint(_ node: APIObject) throws(APIError) -> (nodes: NodeConnection, address: NodeConnection.Address) {
        let addresses = node.status.map { Array($0.elements("addresses")) } ?? []
        let address = addresses.first { $0["type"]?.string == "InternalIP" } ?? addresses.first
        guard let host = address?["address"]?.string,
            let port = node.status?["daemonEndpoints"]?["kubeletEndpoint"]?["Port"]?.int, port > 0, let nodes = server.configuration.nodes
        else { throw .internalError("node \(node.name) has no endpoint") }
        return (nodes, NodeConnection.Address(host: host, port: port))
    }
}

/// Reads short answers of nodes whole.
enum NodeAnswer {
    private actor Collector: BodyWriter {
        var bytes: [UInt8] = []
        func write(_ more: [UInt8]) { if bytes.count < 1 << 16 { bytes += more } }
    }

    /// What a node said, without the end of its last line.
    static func text(_ answer: HTTPResponse) async throws(APIError) -> String {
        let collected: [UInt8]
        switch answer.body {
        case .bytes(let bytes): collected = bytes
        case .stream(let produce):
            let collector = Collector()
            try? await produce(collector)
            collected = await collector.bytes
        }
        var text = Substring(String(decoding: collected, as: UTF8.self))
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
