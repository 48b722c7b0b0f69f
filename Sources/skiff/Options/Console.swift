import Glibc
import Logging
import ManifestLoader

/// Lines to a person or a pipe, seen at once. Where nobody can take them any more (a closed pipe, a log on a full disk) they are lost,
/// and the cluster goes on.
enum Console {
    static func line(_ text: String) { write("\(text.withoutControls(keeping: ["\n", "\t"]))\n", to: STDOUT_FILENO) }

    /// Quiet unless something needs a person.
    static var logger: Logger {
        var logger = Logger(label: "skiff") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    /// What went wrong, on standard error.
    static func complain(_ text: String) { write("\(text.withoutControls(keeping: ["\n", "\t"]))\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to file: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
