import Foundation
import Programs
import Testing

/// A program that runs beside a test, and ends with its last reference.
final class Background: Sendable {
    private let child: Child
    private let log: String
    private let folder: Folder

    /// - Parameter environment: added to this process's.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        folder = try Folder()
        log = try folder.write("log", "")
        child = try Child([path] + arguments, environment: environment, output: log)
    }

    var pid: Int32 { child.pid }
    var isRunning: Bool { child.isRunning }
    /// Its output and errors until now.
    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Waits for its end.
    func status() async throws -> Int32 {
        try await eventually("\(child.line) ends") { !child.isRunning }
        return child.status ?? -1
    }
}

extension Cluster {
    /// kubectl, not waited for.
    func background(_ arguments: String..., environment: [String: String] = [:]) throws -> Background {
        let path = try #require(Program.find("kubectl"))
        return try Background(path, arguments, environment: ["KUBECONFIG": "\(state)/kubeconfig"].merging(environment) { $1 })
    }
}
