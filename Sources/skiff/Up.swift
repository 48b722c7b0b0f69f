import ArgumentParser
import Cluster
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the cluster until it is told to stop.",
        discussion: """
            Ctrl-C stops it and its pods, a second Ctrl-C at once; SIGTERM leaves the pods running, and the next
            start takes them up. One engine at a time runs on a state directory.

            EXAMPLES
              skiff up
              skiff up --listen 127.0.0.1:7443 --state-dir /tmp/try
              skiff up --without reconciler,node,proxy      the control plane alone
            """)

    @OptionGroup var state: StateOptions

    @Option(help: ArgumentHelp("Where the API answers; port 0 takes a free one.", valueName: "address:port"))
    var listen = "127.0.0.1:6443"

    @Option(help: ArgumentHelp("Parts to leave out: reconciler, controllers, scheduler, node, proxy.", valueName: "part,…"))
    var without: String?

    @Option(help: ArgumentHelp("Users by token: lines of token,user,uid[,\"group,…\"].", valueName: "file"))
    var tokenAuthFile: String?

    @Option(name: .customLong("service-cluster-ip-range"), help: ArgumentHelp("Addresses of services.", valueName: "range"))
    var serviceClusterIPRange = "10.96.0.0/16"

    @Option(help: ArgumentHelp("Who issues service accounts' tokens.", valueName: "url"))
    var serviceAccountIssuer: String?

    @Option(help: ArgumentHelp("Admission plug-ins to leave out.", valueName: "plug-in,…"))
    var disableAdmissionPlugins: String?

    @Option(help: ArgumentHelp("How long a node may be silent before it counts as lost, e.g. 50s.", valueName: "time"))
    var nodeMonitorGracePeriod: DurationArgument = DurationArgument(seconds: 50)

    @Option(help: ArgumentHelp("How often nodes are looked at, e.g. 5s.", valueName: "time"))
    var nodeMonitorPeriod: DurationArgument = DurationArgument(seconds: 5)

    func run() async throws {
        var configuration = EngineConfiguration(state: state.directory)
        (configuration.host, configuration.port) = try listenAddress()
        configuration.without = try parts()
        configuration.tokenAuthFile = tokenAuthFile
        configuration.serviceClusterIPRange = serviceClusterIPRange
        configuration.serviceAccountIssuer = serviceAccountIssuer
        configuration.disabledAdmissionPlugins = Set((disableAdmissionPlugins ?? "").split(separator: ",").map(String.init))
        configuration.nodeMonitorGracePeriod = nodeMonitorGracePeriod.seconds
        configuration.nodeMonitorPeriod = nodeMonitorPeriod.seconds
        var logger = Logger(label: "skiff") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let engine: Engine
        do throws(EngineError) { engine = try await Engine(configuration, logger: logger) } catch {
            Console.complain("skiff: \(error)")
            throw ExitCode.failure
        }
        Console.line("API         \(engine.address)")
        Console.line("kubeconfig  export KUBECONFIG=\(state.directory.kubeconfig)")
        let signal = try await Stopping(engine, logger: logger).run()
        guard signal == .sigint, !configuration.without.contains(.node) else { return }
        await stopPods()
    }

    /// Ctrl-C: pods stop in order, within their grace periods; a second one ends them at once.
    private func stopPods() async {
        let count = Engine.runningPods(of: state.directory)
        if count > 0 { Console.line("stopping \(count) pods; Ctrl-C again ends them at once") }
        await withTaskGroup(of: Void.self) { group in
            let state = state.directory
            group.addTask { await Engine.stopPods(of: state) }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint) {
                    await Engine.stopPods(of: state, grace: 0)
                    return
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func listenAddress() throws -> (String, Int) {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]), 0...65535 ~= port else {
            throw ValidationError("--listen \(listen): must be address:port, e.g. 127.0.0.1:6443")
        }
        let host = listen[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return (host.isEmpty ? "127.0.0.1" : host, port)
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
