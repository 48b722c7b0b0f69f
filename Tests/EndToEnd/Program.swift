import Foundation
import Synchronization
import Testing

/// A finished program: how it ended and what it said.
struct Outcome: Sendable {
    var status: Int32
    var output: String
    var errors: String
}

/// Runs programs to their end.
enum Program {
    /// - Parameter environment: added to this process's.
    static func run(_ path: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let folder = try Folder()
        let (output, errors) = (folder.path + "/out", folder.path + "/err")
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        // A file and no pipe: a program that ends without reading it would end this one.
        process.standardInput = try input.map { FileHandle(forReadingAtPath: try folder.write("in", $0)) } ?? FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "",
            errors: (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")
    }

    /// Where a program of the PATH is.
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The binary under test: `SKIFF_BINARY`, which the gate sets, or the one built beside the tests.
    static var skiff: String {
        if let path = ProcessInfo.processInfo.environment["SKIFF_BINARY"] { return path }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("skiff").path
    }
}

/// A folder that goes with its last reference, and with it what still runs of the clusters in it.
final class Folder: Sendable {
    let path: String
    private let clusters = Mutex<Set<String>>([])

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-e2e-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// A state directory whose pods are to be stopped in the end.
    func holds(cluster state: String) { _ = clusters.withLock { $0.insert(state) } }

    deinit {
        for state in clusters.withLock({ $0 }) where FileManager.default.fileExists(atPath: "\(state)/node") {
            _ = try? Program.run(Program.skiff, ["down", "--state-dir", state])
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Waits until something holds, for up to a minute and a half: machines differ.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(90)
    while clock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("it never came to be that \(what)")
    throw CancellationError()
}
