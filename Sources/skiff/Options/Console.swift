import Foundation

/// Lines to a person or a pipe, seen at once.
enum Console {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
    /// What went wrong, on standard error.
    static func complain(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
