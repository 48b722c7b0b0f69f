import Glibc
import Logging
import ManifestLoader
import Synchronization

/// Lines to a person or a pipe, seen at once. Where nobody can take them any more (a closed pipe, a log on a full disk) they are lost,
/// and the cluster goes on.
enum Console {
    /// Whether a line of progress stands on the terminal.
    private static let hasProgress = Mutex(false)

    static func line(_ text: String, _ paint: Paint = .plain) {
        put("\(text.withoutControls(keeping: ["\n", "\t"]))", paint, STDOUT_FILENO)
    }

    /// Quiet unless something needs a person.
    static var logger: Logger {
        var logger = Logger(label: "skiff") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    /// What went wrong, on standard error.
    static func complain(_ text: String) { put("\(text.withoutControls(keeping: ["\n", "\t"]))", .red, STDERR_FILENO) }

    /// A line on the terminal that the next one replaces; empty takes it away. Nothing where standard error is no terminal.
    static func progress(_ text: String) {
        guard Terminal.isInteractive(STDERR_FILENO) else { return }
        hasProgress.withLock { stands in
            guard stands || !text.isEmpty else { return }
            stands = !text.isEmpty
            write("\r\u{1B}[K\(text.withoutControls.prefix(Terminal.width(STDERR_FILENO) - 1))", to: STDERR_FILENO)
        }
    }

    private static func put(_ text: String, _ paint: Paint, _ file: Int32) {
        hasProgress.withLock { stands in
            if stands { write("\r\u{1B}[K", to: STDERR_FILENO) }
            stands = false
            write((Terminal.isColoured(file) ? paint.painted(text) : text) + "\n", to: file)
        }
    }

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
