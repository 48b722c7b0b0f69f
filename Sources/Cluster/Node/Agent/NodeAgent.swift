import ClusterClient
import ClusterObjects
import ClusterTransport
import Glibc
import Logging
import ServiceLifecycle

/// Runs the pods of one node: registers it, keeps its Lease, starts and stops what is bound to it, and serves logs.
///
/// Ending it leaves the pods running: the next one on the same directory takes them up. ``stopPods(directory:grace:)`` stops them.
public final class NodeAgent: Service {
    private let configuration: NodeConfiguration
    private let network: NodeNetwork
    private let client: any Client
    private let logger: Logger
    private let listener: HTTPListener?

    /// Binds the node's endpoint, so that its port is known.
    /// - Parameters:
    ///   - network: of the same directory as the configuration's.
    ///   - client: acts as `system:node:NAME`.
    /// - Throws: ``NodeError``.
    public init(
        configuration: NodeConfiguration, network: NodeNetwork, client: any Client, logger: Logger
    ) async throws(NodeError) {
        self.configuration = configuration
        self.network = network
        self.client = client
        self.logger = logger
        // A program that closes its input must not end the node.
        signal(SIGPIPE, SIG_IGN)
        do {
            try TextFile.makeDirectory("\(configuration.directory)/pods")
            if let authority = configuration.authority {
                let credential = try authority.serverCredential(
                    names: [configuration.name, "localhost"], addresses: [configuration.address, "127.0.0.1"])
                listener = try await HTTPListener.bind(
                    host: configuration.address, port: configuration.port, tls: try authority.serverContext(credential),
                    responder: NodeEndpoint(directory: configuration.directory, sockets: network))
            } else {
                listener = nil
            }
        } catch {
            throw NodeError("the node's endpoint: \(error)")
        }
    }

    /// Where the endpoint answers; 0 when there is none.
    public var port: Int { listener?.port ?? 0 }

    /// Works until it is shut down gracefully or cancelled; the pods go on.
    public func run() async throws {
        let facts = NodeFacts(configuration: configuration, port: port)
        let heartbeat = NodeHeartbeat(facts: facts, client: client, podCIDR: network.podCIDR, logger: logger)
        let recorder = EventRecorder(client: client, component: "kubelet", logger: logger, now: { .system() })
        let context = PodContext(
            configuration, network: network, client: client, recorder: recorder, logger: logger, nodeResources: facts.resources)
        let listener = listener
        // A network made anew has nothing of what shims of an earlier one hang on.
        if !network.isAdopted { await endStrandedShims() }
        do {
            if case .missing(let program) = try await network.openWayOut() {
                logger.notice("pods reach nothing outside the cluster; for that install \(program) and start again")
            }
        } catch {
            logger.warning("pods reach nothing outside the cluster", metadata: ["error": "\(error)"])
        }
        await heartbeat.register()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await recorder.run() }
                group.addTask { await heartbeat.run() }
                if let listener { group.addTask { try? await listener.run() } }
                group.addTask { await PodFollower(context: context).run() }
            }
        }
    }

    private func endStrandedShims() async {
        for directory in PodDirectory.all(node: configuration.directory) {
            guard let shim = directory.shim else { continue }
            shim.kill(SIGKILL)
            try? await shim.ended()
        }
    }
}
