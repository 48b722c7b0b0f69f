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

    /// Asks a reconciler one thing, which changes nothing.
    /// - Parameter code: the exit code when there is no answer.
    func ask<Answer: Sendable>(
        _ source: SourceArguments, exit code: Int32 = 1, _ question: (Reconciler) async throws -> Answer
    ) async throws -> Answer {
        try await reporting(exit: code) {
            let options = try source.required(directory)
            let reconciler = Reconciler(
                ReconcilerOptions(source: options, publishesStatus: false), client: try client(), registry: .builtIn(withSync: true),
                logger: Console.logger)
            do {
                return try await Progress.showing(reconciler.events) { try await question(reconciler) }
            } catch let error as APIError where error.code == 503 && kubeconfig == nil && !Engine.isRunning(on: directory) {
                throw CommandFailure(
                    "no cluster runs on \(directory.path): start it with skiff up; what it said last is on branch "
                        + "\(options.statusBranch) of \(options.shownRepository)")
            }
        }
    }
}

/// What a command could not do, in words; exit 1 unless the command says otherwise.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Runs the body of a command: what it throws becomes a line on standard error and an exit code.
/// - Parameter what: shown on a terminal when it takes long.
func reporting<Answer: Sendable>(exit code: Int32 = 1, doing what: String = "", _ body: () async throws -> Answer) async throws -> Answer {
    do {
        return try await what.isEmpty ? body() : Progress.showing(what, body)
    } catch let error as ExitCode {
        throw error
    } catch {
        Console.complain("skiff: \(error)")
        throw ExitCode(code)
    }
}
