import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import Logging
import NIOPosix
import ServiceLifecycle

/// The service proxy and DNS of one node: follows services and their endpoints, and answers on their addresses.
public struct NodeNetworking: Service {
    private let client: any Client
    private let configuration: NetworkConfiguration
    private let podNetwork: IPv4Network
    private let nodePortAddresses: [IPv4Address]
    private let logger: Logger

    private enum Change: Sendable {
        case services(Reflector.Event)
        case slices(Reflector.Event)
        /// Try again to listen for these.
        case retry(Set<ObjectKey>)
    }

    private static let retrySeconds = 10

    /// - Parameters:
    ///   - client: acts as `system:kube-proxy`: reads services and endpoints, makes the Service of DNS, writes load balancers' addresses.
    /// - Throws: ``NetworkError`` for a range or an address that is none.
    public init(client: any Client, configuration: NetworkConfiguration, logger: Logger) throws {
        guard let podNetwork = IPv4Network(configuration.podNetwork) else {
            throw NetworkError("\(configuration.podNetwork): not a range of IPv4 addresses")
        }
        let dns = configuration.dnsAddress
        guard dns.isEmpty || IPv4Address(dns) != nil else { throw NetworkError("\(dns): not an IPv4 address") }
        nodePortAddresses = try HostAddresses.chosen(by: configuration.nodePortAddresses)
        self.client = client
        self.configuration = configuration
        self.podNetwork = podNetwork
        self.logger = logger
    }

    /// Works until it is cancelled or shut down gracefully; then everything is closed.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let dns = IPv4Address(configuration.dnsAddress)
        let scope = ProxyScope(
            nodeName: configuration.nodeName, nodePortAddresses: nodePortAddresses, reserved: Set([dns].compactMap { $0 }))
        let proxy = ServiceProxy(
            scope: scope, inside: configuration.inside, outside: configuration.outside, podNetwork: podNetwork, group: group,
            logger: logger)
        let services = Reflector(client: client, resource: .services, keepsManagedFields: false, logger: logger)
        let slices = Reflector(client: client, resource: .endpointSlices, keepsManagedFields: false, logger: logger)
        let balancers = LoadBalancerStatus(client: client, nodeAddress: configuration.nodeAddress, logger: logger)
        let names = DNSServer(
            domain: configuration.clusterDomain,
            forwarder: DNSForwarder(
                resolver: HostResolver(path: configuration.resolverFile), sockets: configuration.outside, group: group))
        if let dns {
            do { try await names.open(dns, sockets: configuration.inside, group: group) } catch {
                logger.warning("no DNS for pods", metadata: ["error": "\(error)"])
            }
        }
        let (changes, feed) = AsyncStream<Change>.makeStream()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                if let dns { tasks.addTask { await DNSService(client: client, address: dns, logger: logger).ensure() } }
                tasks.addTask { await services.run { feed.yield(.services($0)) } }
                tasks.addTask { await slices.run { feed.yield(.slices($0)) } }
                var table = ServiceTable()
                for await change in changes {
                    let touched: Set<ObjectKey>
                    switch change {
                    case .services(let event):
                        touched = table.applyServices(event)
                        for key in touched {
                            guard let service = table.services[key], balancers.patch(for: service) != nil else { continue }
                            tasks.addTask { await balancers.publish(service) }
                        }
                    case .slices(let event): touched = table.applySlices(event)
                    case .retry(let keys): touched = keys
                    }
                    names.update(table)
                    let failed = await proxy.apply(table, touched)
                    guard !failed.isEmpty else { continue }
                    tasks.addTask {
                        guard (try? await Task.sleep(for: .seconds(NodeNetworking.retrySeconds))) != nil else { return }
                        feed.yield(.retry(failed))
                    }
                }
                tasks.cancelAll()
            }
        }
        await proxy.closeAll()
        await names.close()
    }
}

/// What is wrong with how a network is set up.
public struct NetworkError: Error, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
