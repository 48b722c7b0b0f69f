import ArgumentParser
import Cluster
import ClusterNetwork
import Foundation
import Logging
import Reconciler
import ManifestLoader
import ServiceLifecycle

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Run the cluster until it is told to stop.",
        discussion: """
            Ctrl-C stops it and its pods, a second Ctrl-C at once; SIGTERM leaves the pods running, and the next \
            start takes them up. One engine at a time runs on a state directory.

            EXAMPLES
              skiff up --repo ~/deploy.git
              skiff up --repo https://example.org/deploy.git --path clusters/home --interval 1m
              skiff up --listen 127.0.0.1:7443 --state-dir /tmp/try
              skiff up --without reconciler,node,proxy      the control plane alone
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var source: SourceArguments

    @Option(
        help: ArgumentHelp(
            "What to do when something live no longer is as git says: correct it, or report it only.", valueName: "correct|report"))
    var drift = DriftMode.correct

    @Option(help: ArgumentHelp("Where the API answers, 0.0.0.0 for everywhere; port 0 takes a free one.", valueName: "address:port"))
    var listen = "127.0.0.1:6443"

    @Option(help: ArgumentHelp("Parts to leave out: reconciler, controllers, scheduler, node, proxy.", valueName: "part,…"))
    var without: String?

    @OptionGroup(title: "Access options") var access: AccessOptions
    @OptionGroup(title: "Access options") var audit: AuditOptions
    @OptionGroup(title: "Access options") var encryption: EncryptionOptions

    @Option(name: .customLong("service-cluster-ip-range"), help: ArgumentHelp("Addresses of services.", valueName: "range"))
    var serviceClusterIPRange = "10.96.0.0/16"

    @Option(
        name: .customLong("nodeport-addresses"),
        help: ArgumentHelp(
            "Where on this host node ports answer: addresses, or ranges of them; 0.0.0.0/0 is everywhere.", valueName: "address,…"))
    var nodePortAddresses = "127.0.0.1"

    @Option(help: ArgumentHelp("Admission plug-ins to add to those that are on by themselves.", valueName: "plug-in,…"))
    var enableAdmissionPlugins: String?

    @Option(help: ArgumentHelp("Admission plug-ins to leave out.", valueName: "plug-in,…"))
    var disableAdmissionPlugins: String?

    @OptionGroup(title: "Load options") var load: LoadOptions

    @Flag(
        help: """
            Take objects that ask for what is not enforced yet, which are refused otherwise: CEL rules of custom resources, admission \
            policies and webhooks, conversion webhooks, APIServices that name a service.
            """)
    var allowUnenforced = false

    @Flag(help: "Serve /debug/pprof/profile: where this program spends its processor time, for `go tool pprof`.")
    var profiling = false

    @Option(help: ArgumentHelp("How long a node may be silent before it counts as lost, e.g. 50s.", valueName: "time"))
    var nodeMonitorGracePeriod: DurationArgument = DurationArgument(seconds: 50)

    @Option(help: ArgumentHelp("How often nodes are looked at, e.g. 5s.", valueName: "time"))
    var nodeMonitorPeriod: DurationArgument = DurationArgument(seconds: 5)

    func validate() throws {
        _ = try listenAddress()
        _ = try parts()
        for address in nodePorts where IPv4Address(address) == nil && IPv4Network(address) == nil {
            throw ValidationError("--nodeport-addresses \(address): must be an IPv4 address or range, e.g. 192.168.1.0/24")
        }
        var configuration = EngineConfiguration(state: state.directory)
        configuration.enabledAdmissionPlugins = plugins(enableAdmissionPlugins)
        configuration.disabledAdmissionPlugins = plugins(disableAdmissionPlugins)
        if let problem = configuration.admissionPluginProblem { throw ValidationError(problem) }
    }

    private func plugins(_ list: String?) -> Set<String> { Set((list ?? "").split(separator: ",").map(String.init)) }

    func run() async throws {
        try await reporting { try await up() }
    }

    private func up() async throws {
        var configuration = EngineConfiguration(state: state.directory)
        configuration.listen = try listenAddress()
        configuration.without = try parts()
        try access.put(into: &configuration)
        audit.put(into: &configuration)
        configuration.encryptionProviderConfig = encryption.path
        configuration.serviceClusterIPRange = serviceClusterIPRange
        configuration.nodePortAddresses = nodePorts
        configuration.enabledAdmissionPlugins = plugins(enableAdmissionPlugins)
        configuration.disabledAdmissionPlugins = plugins(disableAdmissionPlugins)
        configuration.allowsUnenforced = allowUnenforced
        configuration.isProfiled = profiling
        configuration.parseYAML = { bytes in
            let (value, repeatedKeys) = try YAML.parseRequest(bytes)
            return (value, repeatedKeys.map(\.description))
        }
        configuration.printYAML = { YAMLWriter.bytes($0) }
        load.set(in: &configuration)
        configuration.nodeMonitorGracePeriod = nodeMonitorGracePeriod.seconds
        configuration.nodeMonitorPeriod = nodeMonitorPeriod.seconds
        var logger = Logger(label: "skiff") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let engine = try await Engine(configuration, logger: logger)
        Console.line("API         \(engine.address)")
        Console.line("kubeconfig  export KUBECONFIG=\(Up.quoted(state.directory.kubeconfig))")
        var services: [any Service] = [engine]
        if let reconciler = try reconciler(engine, configuration, logger) {
            Console.line("source      \(reconciler.options.source.shownRepository)")
            services.append(reconciler)
            services.append(Narrator(reconciler.events))
        } else if !configuration.without.contains(.reconciler) {
            Console.line("source      none yet: name a repository with --repo")
        }
        let (state, hasNode) = (state.directory, !configuration.without.contains(.node))
        try await Stopping(services, logger: logger).run { signal in
            switch signal {
            case _ where !hasNode: break
            case .interrupt: await Up.stopPods(of: state)
            case .secondInterrupt: await Engine.stopPods(of: state, grace: 0)
            case .terminate: break
            }
        }
    }

    /// What keeps the cluster as its repository says; nil when there is none or it is left out.
    private func reconciler(_ engine: Engine, _ configuration: EngineConfiguration, _ logger: Logger) throws -> Reconciler? {
        guard !configuration.without.contains(.reconciler), let options = source.options(state.directory) else { return nil }
        try SourceMemory.write(options, state.directory)
        return Reconciler(
            ReconcilerOptions(source: options, drift: drift), client: engine.client(user: "system:skiff:reconciler"),
            registry: engine.registry, logger: logger)
    }

    /// Ctrl-C: pods stop in order, within their grace periods.
    private static func stopPods(of state: StateDirectory) async {
        let count = Engine.runningPods(of: state)
        if count > 0 { Console.line("stopping \(count) pod\(count == 1 ? "" : "s"); Ctrl-C again ends them at once") }
        await Engine.stopPods(of: state)
    }

    private var nodePorts: [String] {
        nodePortAddresses.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// A word that a shell takes as this path.
    private static func quoted(_ path: String) -> String {
        if path.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+:@%,=".contains($0)) }) { return path }
        return "'" + path.replacing("'", with: "'\\''") + "'"
    }

    private func listenAddress() throws -> ListenAddress {
        guard let address = ListenAddress(listen) else {
            throw ValidationError("--listen \(listen): must be an IPv4 address and a port, e.g. 127.0.0.1:6443, or 0.0.0.0:6443 for all")
        }
        return address
    }

    private func parts() throws -> Set<EnginePart> {
        try Set(
            (without ?? "").split(separator: ",").map { name in
                guard let part = EnginePart(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
                    let known = EnginePart.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--without \(name): no such part; there are \(known)")
                }
                return part
            })
    }
}

extension DriftMode: ExpressibleByArgument {}

/// Prints one plain line for everything that changes.
private struct Narrator: Service {
    let events: AsyncStream<ReconcilerEvent>

    init(_ events: AsyncStream<ReconcilerEvent>) { self.events = events }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await Progress().follow(events) { Console.line($0.description, Narrator.paint($0)) }
        }
    }

    private static func paint(_ event: ReconcilerEvent) -> Paint {
        switch event {
        case .problem, .failed: .red
        case .warning, .drift: .yellow
        case .synced(let record): record.result == .synced ? .green : .red
        case .revision, .changed, .corrected, .doing: .plain
        }
    }
}
