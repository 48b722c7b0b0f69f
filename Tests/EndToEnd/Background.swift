import Foundation
import Testing

/// A program that runs beside a test, and ends with its last reference.
final class Background: Sendable {
    private let process: Process
    private let log: String
    private let folder: Folder

    /// - Parameter environment: added to this process's.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        folder = try Folder()
        log = try folder.write("log", "")
        process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    /// Its output and errors until now.
    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Waits for its end.
    func status() async throws -> Int32 {
        try await eventually("\(process.arguments ?? []) ends") { !process.isRunning }
        return process.terminationStatus
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

extension Cluster {
    /// kubectl, not waited for.
    func background(_ arguments: String..., environment: [String: String] = [:]) throws -> Background {
        let path = try #require(Program.find("kubectl"))
        return try Background(path, arguments, environment: ["KUBECONFIG": "\(state)/kubeconfig"].merging(environment) { $1 })
    }
}
