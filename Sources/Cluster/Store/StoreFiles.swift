import Glibc

/// Moves of files that hold secrets, each on the disk when it returns.
enum StoreFiles {
    /// Makes an empty file that its owner alone may read.
    static func makePrivate(_ path: String) throws(StoreError) {
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path, "cannot be made") }
        fchmod(file, 0o600)
        close(file)
    }

    /// Gives a file its name, replacing what has it.
    static func move(_ path: String, to name: String) throws(StoreError) {
        try sync(path)
        guard rename(path, name) == 0 else { throw failure(name, "cannot be written") }
        try sync(directory(of: name))
    }

    /// Gives a file a second name. One that is not there is no error.
    static func link(_ path: String, as name: String) throws(StoreError) {
        guard Glibc.link(path, name) == 0 || errno == ENOENT else { throw failure(name, "cannot be made") }
        try sync(directory(of: name))
    }

    static func copy(_ path: String, to name: String) throws(StoreError) {
        try makePrivate(name)
        let (from, to) = (open(path, O_RDONLY | O_CLOEXEC), open(name, O_WRONLY | O_CLOEXEC))
        defer { for file in [from, to] where file >= 0 { close(file) } }
        guard from >= 0, to >= 0 else { throw failure(path, "cannot be copied") }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(from, &buffer, buffer.count)
            if count == 0 { return }
            guard count > 0 else { throw failure(path, "cannot be read") }
            var done = 0
            while done < count {
                let written = buffer.withUnsafeBytes { write(to, $0.baseAddress?.advanced(by: done), count - done) }
                guard written > 0 else { throw errno == ENOSPC ? .diskFull(path: name) : failure(name, "cannot be written") }
                done += written
            }
        }
    }

    static func sync(_ path: String) throws(StoreError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "cannot be opened") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(path, "cannot be brought to the disk") }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func failure(_ path: String, _ what: String) -> StoreError {
        .failed(path: path, reason: "\(what): \(String(cString: strerror(errno)))")
    }
}
