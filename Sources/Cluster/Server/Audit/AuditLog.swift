import ClusterObjects
import Foundation
import Logging
import Synchronization

/// A file of audit events, a line of JSON each, that is put aside when it has grown to its size: `audit.log` becomes
/// `audit-2026-01-02T15-04-05.000.log`. Source of names and limits: kube-apiserver's `--audit-log-*` flags.
///
/// A line is with the kernel before the request that it tells of goes on.
public final class AuditLog: Sendable {
    public struct Limits: Sendable {
        /// Bytes of the file before it is put aside.
        public var size = 100 << 20
        /// Files kept that were put aside; 0 for all.
        public var backups = 0
        /// Days for which they are kept; 0 for ever.
        public var age = 0

        public init() {}
    }

    private struct File {
        var descriptor: Int32
        var size: Int
        var hasFailed = false
    }

    private let path: String
    private let limits: Limits
    private let logger: Logger
    private let file: Mutex<File>

    /// - Parameter path: `-` for standard output, which is never put aside.
    /// - Throws: why the file cannot be written, in words.
    public init(path: String, limits: Limits = Limits(), logger: Logger) throws(AuditPolicy.Problem) {
        self.path = path
        self.limits = limits
        self.logger = logger
        guard path != "-" else {
            file = Mutex(File(descriptor: dup(STDOUT_FILENO), size: 0))
            return
        }
        guard let opened = AuditLog.open(path) else {
            throw AuditPolicy.Problem(description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        file = Mutex(opened)
    }

    private static func open(_ path: String) -> File? {
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        return File(descriptor: descriptor, size: fstat(descriptor, &facts) == 0 ? Int(facts.st_size) : 0)
    }

    /// Appends an event. One that cannot be written is lost, and the log says so, once until writing works again.
    func write(_ event: Value) {
        let line = event.json + [UInt8(ascii: "\n")]
        file.withLock { file in
            if path != "-", file.size > 0, file.size + line.count > limits.size { rotate(&file) }
            var written = 0
            while written < line.count {
                let count = line[written...].withUnsafeBytes { Foundation.write(file.descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    if !file.hasFailed {
                        logger.error(
                            "audit events are lost", metadata: ["path": "\(path)", "error": "\(String(cString: strerror(errno)))"])
                    }
                    file.hasFailed = true
                    return
                }
                written += count
            }
            file.hasFailed = false
            file.size += line.count
        }
    }

    private func rotate(_ file: inout File) {
        rename(path, AuditLog.name(path, at: .now))
        guard let opened = AuditLog.open(path) else { return }
        close(file.descriptor)
        file = opened
        prune()
    }

    /// `audit.log` with the time in it.
    static func name(_ path: String, at time: Timestamp) -> String {
        let file = NSString(string: path)
        let stamp = time.microDescription.dropLast(4).replacing(":", with: "-")
        let suffix = file.pathExtension.isEmpty ? "" : ".\(file.pathExtension)"
        return "\(file.deletingPathExtension)-\(stamp)\(suffix)"
    }

    private func prune() {
        let file = NSString(string: path)
        let folder = file.deletingLastPathComponent.isEmpty ? "." : file.deletingLastPathComponent
        let stem = NSString(string: file.lastPathComponent).deletingPathExtension
        let pattern = AuditLog.name(file.lastPathComponent, at: .now)
        // Newest first: the time sorts as text.
        let aside = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasPrefix("\(stem)-") && $0.utf8.count == pattern.utf8.count && $0 != file.lastPathComponent }.sorted(by: >)
        let oldest = limits.age > 0 ? AuditLog.name(file.lastPathComponent, at: .now + Double(-86400 * limits.age)) : ""
        for (index, name) in aside.enumerated() where (limits.backups > 0 && index >= limits.backups) || name < oldest {
            unlink("\(folder)/\(name)")
        }
    }

    deinit { file.withLock { _ = close($0.descriptor) } }
}
