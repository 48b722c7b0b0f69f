import Foundation

/// A finished program: how it ended and what it said.
public struct Outcome: Sendable {
    public var status: Int32
    public var output: String
    public var errors: String
}

/// Runs programs to their end.
public enum Program {
    /// Runs one.
    /// - Parameters:
    ///   - environment: added to this process's.
    ///   - input: what it reads.
    ///   - seconds: how long it may take: far more than any that works.
    /// - Throws: `Overdue`, when it had to be killed.
    public static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil, seconds: Int32 = 300
    ) throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-run-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (reads, output, errors) = ("\(folder)/in", "\(folder)/out", "\(folder)/err")
        // A file and no pipe: a program that ends without reading it would end this one.
        try input?.write(toFile: reads, atomically: false, encoding: .utf8)
        let child = try Child(
            [path] + arguments, environment: environment, input: input == nil ? "/dev/null" : reads, output: output, errors: errors)
        func said(_ file: String) -> String {
            (try? Data(contentsOf: URL(fileURLWithPath: file))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        guard let status = child.wait(seconds: seconds) else {
            let waits = (try? String(contentsOfFile: "/proc/\(child.pid)/wchan", encoding: .utf8)) ?? "?"
            child.end()
            throw Overdue(line: child.line, seconds: seconds, waits: waits, output: said(output), errors: said(errors))
        }
        return Outcome(status: status, output: said(output), errors: said(errors))
    }

    /// A program that did not end.
    public struct Overdue: Error {
        public var line: [String]
        public var seconds: Int32
        /// Where in the kernel its first thread was.
        public var waits: String
        public var output: String
        public var errors: String
    }

    /// Where a program of the PATH is.
    public static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
