import ClusterAPI
import ClusterClient
import ClusterControllers
import ClusterScheduler
import ClusterServer
import ClusterStore
import ClusterTransport
import Logging
import ServiceLifecycle

/// A cluster in one process: store, API server, controllers, scheduler, node agent, proxy. Started, it serves; run, it works until
/// told to stop.
public final class Engine: Service {
    private let configuration: EngineConfiguration
    private let store: SQLiteStore
    /// Every resource that the API serves.
    public let registry: Registry
    private let server: APIServer
    private let listener: HTTPListener
    private let metrics = Metrics()
    private let authority: ClusterCA
    private let serviceAccountKey: ServiceAccountKey
    private let node: NodePart?
    private let logger: Logger

    /// Where the API answers, e.g. `https://127.0.0.1:6443`.
    public let address: String

    /// Opens the store, makes what a new cluster has, and binds the API's port: the API answers once ``run()`` has begun.
    /// - Throws: ``EngineError`` in words; another engine on the same directory, a port that is taken, a damaged store.
    public init(_ configuration: EngineConfiguration, logger: Logger) async throws(EngineError) {
        self.configuration = configuration
        self.logger = logger
        try configuration.state.prepare()
        guard let network = ServiceNetwork(configuration.serviceClusterIPRange) else {
            throw EngineError("--service-cluster-ip-range \(configuration.serviceClusterIPRange): not an IPv4 range such as 10.96.0.0/16")
        }
        let encryption = try configuration.encryption()
        // On the other processor, while the store is opened.
        async let everyKind = Registry.builtIn(withSync: !configuration.without.contains(.reconciler))
        do throws(StoreError) {
            store = try SQLiteStore(directory: configuration.state.store, encryption: encryption, logger: logger)
        } catch {
            if case .locked(_, let pid) = error {
                throw EngineError(
                    "the state directory \(configuration.state.path) is in use by \(pid.map { "process \($0)" } ?? "another process")")
            }
            throw EngineError(error.description)
        }
        var settings = APIServerConfiguration(serviceNetwork: network, disabledAdmissionPlugins: configuration.disabledAdmissionPlugins)
        settings.enabledAdmissionPlugins = configuration.enabledAdmissionPlugins
        settings.advertisedAddress = configuration.listen.advertised
        settings.authorizationModes = configuration.authorizationModes
        settings.mostReads = configuration.mostReads
        settings.mostWrites = configuration.mostWrites
        settings.metrics = metrics
        settings.auditor = try configuration.auditor(logger)
        settings.allowsUnenforced = configuration.allowsUnenforced
        settings.isProfiled = configuration.isProfiled
        if let parse = configuration.parseYAML, let print = configuration.printYAML {
            settings.yaml = YAMLCodec(parse: parse, print: print)
        }
        if let issuer = configuration.serviceAccountIssuer { settings.serviceAccountIssuer = issuer }
        if let path = configuration.tokenAuthFile {
            do throws(TokenFile.Problem) { settings.tokens = try TokenFile(path: path) } catch { throw EngineError(error.description) }
        }
        do {
            authority = try ClusterCA(directory: configuration.state.keys)
            let kubelet = try authority.clientCredential(user: NodeConnection.user, groups: [])
            settings.nodes = try NodeConnection(credential: kubelet, authority: authority.certificatePEM)
            serviceAccountKey = try ServiceAccountKey(path: "\(configuration.state.keys)/sa.key")
            settings.serviceAccountKey = serviceAccountKey
        } catch {
            throw EngineError("\(error)")
        }
        registry = await everyKind
        server = APIServer(configuration: settings, store: store, registry: registry, logger: logger)
        do {
            let certified = configuration.listen.certified
            let credential = try authority.serverCredential(
                names: [
                    "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
                ] + certified.names, addresses: ["127.0.0.1", "::1", ServiceNetwork.text(network.api)] + certified.addresses)
            listener = try await HTTPListener.bind(
                host: configuration.listen.host, port: configuration.listen.port, tls: authority.serverContext(credential),
                responder: HTTPFront(server))
            // Made by programs, which take a while to start.
            async let nodeNetwork = NodePart.network(configuration)
            try await server.bootstrap(port: listener.port)
            address = "https://\(configuration.listen.local):\(listener.port)"
            let admin = try authority.clientCredential(user: "kubernetes-admin", groups: ["system:masters"])
            try ClusterCA.writePrivately(
                AdminKubeconfig(server: address, authority: authority.certificatePEM, credential: admin).text,
                to: configuration.state.kubeconfig)
            let server = server
            node =
                if let found = try await nodeNetwork {
                    try await NodePart(
                        configuration, network: found, authority: authority, dns: ServiceNetwork.text(network.dns),
                        client: { Engine.client(server, $0) }, logger: logger)
                } else {
                    nil
                }
        } catch {
            await store.close()
            throw EngineError("\(error)")
        }
    }

    /// A client that acts as this user, in process, and may do what its roles say.
    public func client(user: String) -> any Client { Engine.client(server, user) }

    /// As node agents are known by their certificates, so they are here: by name and group.
    private static func client(_ server: APIServer, _ user: String) -> any Client {
        let groups = user.hasPrefix("system:node:") ? ["system:nodes", "system:authenticated"] : ["system:authenticated"]
        return server.localClient(user: user, groups: groups)
    }

    /// Serves and works until it is shut down gracefully or cancelled; then every part stops in order and the store is closed.
    public func run() async throws {
        var services: [any Service] = [listener]
        services.append(EventExpiry(store, seconds: configuration.eventSeconds))
        if !configuration.without.contains(.controllers) {
            var settings = ControllerConfiguration()
            settings.nodeMonitorGracePeriod = configuration.nodeMonitorGracePeriod
            settings.nodeMonitorPeriod = configuration.nodeMonitorPeriod
            settings.authority = authority
            settings.tokenSigner = { [serviceAccountKey] in try serviceAccountKey.token(for: $0, account: $1, uid: $2) }
            services.append(
                ControllerRuntime(
                    client: client(user: "system:kube-controller-manager"), registry: registry, configuration: settings, metrics: metrics,
                    logger: logger))
        }
        if !configuration.without.contains(.scheduler) {
            services.append(Scheduler(client: client(user: "system:kube-scheduler"), metrics: metrics, logger: logger))
        }
        services += node?.services ?? []
        let group = ServiceGroup(services: services, logger: logger)
        let result = await Result { try await group.run() }
        await store.close()
        try result.get()
    }
}

extension Result where Failure == any Error {
    /// The outcome of asynchronous work.
    init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}
