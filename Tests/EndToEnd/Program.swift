import Foundation
import Programs
import Synchronization
import Testing

extension Program {
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

/// Waits until something holds, for up to three minutes: machines differ.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(180)
    while clock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("it never came to be that \(what)")
    throw CancellationError()
}
