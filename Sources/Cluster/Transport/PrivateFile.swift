import Glibc

/// Small files that only their owner may read: keys and what holds them.
enum PrivateFile {
    private static let largest = 1 << 20

    /// What the file holds; nil where there is none.
    static func read(_ path: String) throws -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 {
            if errno == ENOENT { return nil }
            throw failure(path, "cannot be read", errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 { throw failure(path, "cannot be read", errno) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: buffer[..<count])
            if bytes.count > largest { throw CertificateError(path: path, reason: "larger than \(largest) bytes") }
        }
    }

    /// Replaces the file at once or not at all; it is on the disk when this returns.
    static func write(_ text: String, to path: String) throws {
        let temporary = "\(path).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if file < 0 { throw failure(path, "cannot be written", errno) }
        do {
            // One that was left behind may have another mode.
            guard fchmod(file, 0o600) == 0 else { throw failure(path, "cannot be written", errno) }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
                guard count > 0 else { throw failure(path, "cannot be written", errno) }
                rest = rest.dropFirst(count)
            }
            guard fsync(file) == 0 else { throw failure(path, "cannot be written", errno) }
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        close(file)
        guard rename(temporary, path) == 0 else { throw failure(path, "cannot be written", errno) }
        let directory = open(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private static func failure(_ path: String, _ what: String, _ code: CInt) -> CertificateError {
        CertificateError(path: path, reason: "\(what): \(String(cString: strerror(code)))")
    }
}
