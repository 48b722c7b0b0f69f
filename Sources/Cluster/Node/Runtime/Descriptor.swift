import CLinux
import Glibc

/// An open file descriptor, closed when nobody holds it any more.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// The two ends of a pipe, close-on-exec.
    /// - Throws: ``SystemError``.
    static func pipe() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        let status = skiff_pipe(&ends)
        guard status == 0 else { throw SystemError("pipe", code: -status) }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    /// Hands the number to someone else who will close it.
    func duplicate() throws(SystemError) -> Int32 {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("dup") }
        return copy
    }

    func makeNonBlocking() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }
}

/// A system call that failed: what was tried and errno's words.
struct SystemError: Error, CustomStringConvertible {
    var what: String
    var code: Int32

    init(_ what: String, code: Int32 = errno) {
        self.what = what
        self.code = code
    }

    var description: String { "\(what): \(String(cString: strerror(code)))" }
}
