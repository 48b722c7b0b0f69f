import Foundation
import Programs
import Synchronization
import Testing

/// A running `skiff up` on a state directory, on a free port. Ended when let go of; the folder that it is in ends what it left running.
final class Cluster: Sendable {
    let state: String
    let address: String
    private let child: Child
    private let log: String
    private let folder: Folder?
    private let mayEnd = Atomic(false)

    /// Starts one and waits until it says where it answers.
    /// - Parameters:
    ///   - folder: holds the state directory; lives as long as the cluster.
    ///   - launcher: a program and arguments that start skiff in another way, as another user for example, in the same process.
    init(
        state: String, _ arguments: [String] = ["--without", "reconciler,node,proxy"], in folder: Folder? = nil, launcher: [String] = [],
        binary: String = Program.skiff
    ) async throws {
        self.state = state
        self.folder = folder
        folder?.holds(cluster: state)
        try FileManager.default.createDirectory(
            atPath: (state as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let line = launcher + [binary, "up", "--state-dir", state, "--listen", "127.0.0.1:0"] + arguments
        let program = line[0].hasPrefix("/") ? line[0] : Program.find(line[0]) ?? line[0]
        let log = "\(state)-up-\(UUID().uuidString).log"
        let child = try Child([program] + line.dropFirst(), output: log)
        self.child = child
        self.log = log
        var found = ""
        try await eventually("skiff up says where it answers") {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("API") && text.contains("kubeconfig") }) {
                found = line.split(separator: " ").last.map(String.init) ?? ""
            }
            if !child.isRunning { throw Ended(log: text) }
            return !found.isEmpty
        }
        address = found
    }

    struct Ended: Error { var log: String }

    var pid: Int32 { child.pid }
    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// kubectl as the person who started the cluster.
    @discardableResult
    func kubectl(_ arguments: String..., input: String? = nil) throws -> Outcome { try kubectl(arguments, input: input) }

    @discardableResult
    func kubectl(_ arguments: [String], input: String? = nil) throws -> Outcome {
        let path = try #require(Program.find("kubectl"), "the end-to-end tests need kubectl on the PATH")
        return try Program.run(path, arguments, environment: ["KUBECONFIG": "\(state)/kubeconfig"], input: input)
    }

    /// What kubectl says of a line that must succeed, without the word `kubectl`; words are apart by blanks.
    /// - Parameter more: arguments after those, which may hold blanks.
    @discardableResult
    func ok(_ line: String, _ more: String..., input: String? = nil) throws -> String {
        let arguments = line.split(separator: " ").map(String.init) + more
        let outcome = try kubectl(arguments, input: input)
        #expect(outcome.status == 0, "kubectl \(arguments): \(outcome.errors)")
        return outcome.output
    }

    /// What kubectl complains of, of a line that must fail.
    func refused(_ line: String, _ more: String..., input: String? = nil) throws -> String {
        let arguments = line.split(separator: " ").map(String.init) + more
        let outcome = try kubectl(arguments, input: input)
        #expect(outcome.status != 0, "kubectl \(arguments) succeeded: \(outcome.output)")
        return outcome.errors
    }

    /// Sends a signal and waits for the end.
    @discardableResult
    func end(_ signal: Int32) async throws -> Int32 {
        mayEnd.store(true, ordering: .relaxed)
        kill(pid, signal)
        try await eventually("skiff up ends after signal \(signal)") { !child.isRunning }
        return child.status ?? -1
    }

    // Before the folder goes. One that ended by itself, and not in order, is a failure whatever the test looked at.
    deinit {
        if let status = child.status, status != 0, !mayEnd.load(ordering: .relaxed) {
            Issue.record("skiff up ended by itself, with status \(status): \(said.suffix(2000))")
        }
        child.end()
    }
}
