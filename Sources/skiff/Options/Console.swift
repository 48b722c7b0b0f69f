import Foundation
import Logging

/// Lines to a person or a pipe, seen at once.
enum Console {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
    /// Quiet unless something needs a person.
    static var logger: Logger {
        var logger = Logger(label: "skiff") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    /// What went wrong, on standard error.
    static func complain(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
