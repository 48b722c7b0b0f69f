import Glibc

/// Small files, read and written whole.
enum TextFile {
    /// Nil when it is not there or cannot be read; at most 16 MiB.
    static func read(_ path: String) -> String? {
        readBytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func readBytes(_ path: String) -> [UInt8]? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(number)
        var result: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16384)
        while result.count < 16 << 20 {
            let got = Glibc.read(descriptor.number, &part, part.count)
            if got < 0, errno == EINTR { continue }
            if got < 0 { return nil }
            if got == 0 { break }
            result.append(contentsOf: part[..<got])
        }
        return result
    }

    /// Replaces a file at once.
    /// - Throws: ``SystemError`` naming it.
    static func write(_ text: some Sequence<UInt8>, to path: String, mode: mode_t = 0o600) throws(SystemError) {
        let bytes = Array(text)
        let temporary = path + ".new"
        let descriptor: Descriptor
        do { descriptor = try create(temporary, mode: mode) } catch { throw SystemError(path, code: error.code) }
        var written = 0
        while written < bytes.count {
            let part = bytes.withUnsafeBytes {
                Glibc.write(descriptor.number, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { throw SystemError(path) }
            written += part
        }
        guard fchmod(descriptor.number, mode) == 0, rename(temporary, path) == 0 else { throw SystemError(path) }
    }

    /// An empty file, open for writing.
    static func create(_ path: String, mode: mode_t = 0o600) throws(SystemError) -> Descriptor {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError(path) }
        return Descriptor(number)
    }

    /// Makes a directory and those above it.
    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw SystemError(path) }
        try makeDirectory(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError(path) }
    }

    /// Names in a directory, sorted; none when it is not there.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file or a tree; symbolic links are not followed. What another user's program left and cannot be removed stays.
    static func remove(_ path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        if facts.st_mode & S_IFMT == S_IFDIR {
            chmod(path, 0o700)
            for name in names(in: path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        var part = Substring(self)
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }
}
