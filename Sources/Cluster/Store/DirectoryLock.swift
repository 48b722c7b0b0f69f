import Glibc

/// Keeps a directory to one process: a lock on a file in it, which the kernel drops when the process ends, however it ends.
public final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Makes the directory (mode 0700) when it is not there, and locks it.
    /// - Throws: ``StoreError/locked(path:pid:)`` naming the process that has it, ``StoreError/failed(path:reason:)``.
    public init(directory: String) throws(StoreError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw .failed(path: directory, reason: "cannot be made: \(String(cString: strerror(errno)))")
        }
        let path = "\(directory)/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .failed(path: path, reason: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 20)
            let size = read(descriptor, &text, text.count)
            Glibc.close(descriptor)
            let digits = String(decoding: text.prefix(max(0, size)).prefix { $0 &- 0x30 < 10 }, as: UTF8.self)
            throw .locked(path: directory, pid: Int32(digits))
        }
        let pid = Array("\(getpid())\n".utf8)
        // Only for the message of the next one who tries.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, pid, pid.count, 0) }
        self.descriptor = descriptor
    }

    /// Lets the next one have the directory. What ends the process does the same.
    public func release() { flock(descriptor, LOCK_UN) }

    deinit { Glibc.close(descriptor) }
}
