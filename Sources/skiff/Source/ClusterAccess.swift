import ArgumentParser
import Cluster
import ClusterAPI
import ClusterClient
import Foundation
import Logging
import ManifestLoader
import Reconciler

/// `--state-dir` and `--kubeconfig`: which cluster a command talks to.
struct ClusterAccess: ParsableArguments {
    @OptionGroup var state: StateOptions

    @Option(help: ArgumentHelp("Another Skiff's kubeconfig (default: the state directory's own).", valueName: "file"))
    var kubeconfig: String?

    var directory: StateDirectory { state.directory }

    /// A client of the cluster that runs.
    /// - Throws: `CommandFailure` naming the file that is missing or wrong.
    func client() throws -> RemoteClient {
        let file = kubeconfig ?? directory.kubeconfig
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("\(file): no kubeconfig; is the cluster running (skiff up), or is it another --state-dir?")
        }
        do {
            guard let document = try YAML.parse(Array(data)).first else { throw CommandFailure("\(file): empty") }
            return try RemoteClient(Kubeconfig(document, directory: (file as NSString).deletingLastPathComponent))
        } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }

    /// A reconciler for one look.
    func reconciler(_ source: SourceOptions, drift: DriftMode = .correct, publishes: Bool = false) throws -> Reconciler {
        Reconciler(
            ReconcilerOptions(source: source, drift: drift, publishesStatus: publishes), client: try client(),
            registry: .builtIn(withSync: true), logger: Console.logger)
    }
}

/// What a command could not do, in words; exit 1 unless the command says otherwise.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Runs the body of a command: what it throws becomes a line on standard error and an exit code.
func reporting<Result>(exit code: Int32 = 1, _ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as ExitCode {
        throw error
    } catch {
        Console.complain("skiff: \(error)")
        throw ExitCode(code)
    }
}
