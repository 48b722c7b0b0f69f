import ClusterClient
import ClusterNetwork
import ClusterNode
import ClusterTransport
import Foundation
import Logging
import ServiceLifecycle

/// The node that an engine runs beside the API: its network, its agent, the service proxy.
struct NodePart {
    private let network: NodeNetwork
    private let agent: NodeAgent
    private let proxy: NodeNetworking?

    /// Finds the node's network, or makes it; nil where there is to be no node. Whoever calls holds the state directory.
    /// - Throws: what forbids it, in words.
    static func network(_ configuration: EngineConfiguration) async throws -> NodeNetwork? {
        if configuration.without.contains(.node) { return nil }
        return try await NodeNetwork.open(
            directory: configuration.state.node, podCIDR: configuration.podCIDR, serviceCIDR: configuration.serviceClusterIPRange)
    }

    /// Binds the node's endpoint.
    /// - Throws: what forbids it, in words.
    /// - Parameter client: acts as a user by the roles of that user.
    init(
        _ configuration: EngineConfiguration, network: NodeNetwork, authority: ClusterCA, dns: String, client: (String) -> any Client,
        logger: Logger
    ) async throws {
        let name = NodePart.hostName
        var node = NodeConfiguration(name: name, directory: configuration.state.node)
        node.authority = authority
        node.clusterDNS = dns
        self.network = network
        agent = try await NodeAgent(configuration: node, network: network, client: client("system:node:\(name)"), logger: logger)
        guard !configuration.without.contains(.proxy) else {
            proxy = nil
            return
        }
        var settings = NetworkConfiguration(inside: network, nodeName: name)
        settings.nodeAddress = node.address
        settings.podNetwork = configuration.podCIDR
        settings.nodePortAddresses = configuration.nodePortAddresses
        settings.dnsAddress = dns
        proxy = try NodeNetworking(client: client("system:kube-proxy"), configuration: settings, logger: logger)
    }

    /// In the order they start; they stop in the opposite one.
    var services: [any Service] { [agent] + (proxy.map { [$0] } ?? []) }

    /// This machine's name as a node may have it.
    static var hostName: String {
        let name = ProcessInfo.processInfo.hostName.lowercased().split(separator: ".").first.map(String.init) ?? ""
        let allowed = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        let trimmed = allowed.trimmingCharacters(in: CharacterSet(charactersIn: "-"))
        return trimmed.isEmpty ? "node" : trimmed
    }
}
