import ArgumentParser
import Cluster
import ClusterClient
import ManifestLoader
import Reconciler
import ServiceLifecycle

struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile", abstract: "One pass: fetch, apply, prune, wait for health. For cron and CI.",
        discussion: """
            Uses the engine that runs on the state directory, or another Skiff by --kubeconfig; where none runs, it runs the \
            engine itself for that time and leaves the pods running.

            Exits with 0 in sync and healthy, 1 something failed, 3 applied but not healthy in time.

            EXAMPLES
              skiff reconcile --repo https://example.org/deploy.git
              skiff reconcile --timeout 5m -o json
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var encryption: EncryptionOptions

    @Option(help: ArgumentHelp("How long to wait for health, e.g. 5m; 0s does not wait.", valueName: "time"))
    var timeout = DurationArgument(seconds: 120)

    @Flag(help: "One pass, which is what this command does anyway.")
    var once = false

    func run() async throws {
        try await reporting {
            let options = try source.required(access.directory)
            let outcome =
                try await access.kubeconfig == nil && !Engine.isRunning(on: access.directory)
                ? alone(options) : pass(options, access.client())
            output.print(outcome.value, .status) {
                (outcome.failures.map(\.description) + [outcome.unreachable, outcome.report.text].compactMap { $0 }).joined(separator: "\n")
            }
            if outcome.exitCode != 0 { throw ExitCode(outcome.exitCode) }
        }
    }

    private func pass(_ options: SourceOptions, _ client: any Client) async throws -> Reconciler.Outcome {
        let reconciler = Reconciler(
            ReconcilerOptions(source: options), client: client, registry: .builtIn(withSync: true), logger: Console.logger)
        return try await Progress.showing(reconciler.events) { await reconciler.reconcileOnce(timeout: timeout.seconds) }
    }

    /// With an engine of its own for as long as the pass takes; its pods go on.
    private func alone(_ options: SourceOptions) async throws -> Reconciler.Outcome {
        var configuration = EngineConfiguration(state: access.directory)
        configuration.listen.port = 0
        configuration.encryptionProviderConfig = encryption.path
        configuration.parseYAML = { (try YAML.parse($0).first ?? .null, []) }
        let engine = try await Engine(configuration, logger: Console.logger)
        try SourceMemory.write(options, access.directory)
        let group = ServiceGroup(services: [engine], logger: Console.logger)
        async let running: Void = group.run()
        let outcome = try await pass(options, engine.client(user: "system:skiff:reconciler"))
        await group.triggerGracefulShutdown()
        try await running
        return outcome
    }
}
