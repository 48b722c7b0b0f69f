import CLinux
@preconcurrency import Dispatch
import Glibc

/// Tells when the refs of a repository on this machine may have changed: bare, work tree or linked work tree, loose refs and
/// packed ones. By inotify; a notice says to look, not what happened.
enum RepositoryWatch {
    private static let mask = UInt32(IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE)
    /// More folders of refs than this are not watched.
    private static let mostFolders = 4096
    /// What git writes beside refs, all the time.
    private static let unrelated: Set = [
        "index", "COMMIT_EDITMSG", "ORIG_HEAD", "FETCH_HEAD", "MERGE_MSG", "MERGE_HEAD", "config", "description", "logs", "objects",
        "gc.pid", "AUTO_MERGE",
    ]

    /// Notices until the iteration ends; none where the path is no repository (one that comes to be is found by the regular look).
    static func changes(of path: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
        guard descriptor >= 0 else {
            continuation.finish()
            return stream
        }
        add(path, to: descriptor)
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "skiff.repository"))
        source.setEventHandler {
            guard drain(descriptor) else { return }
            // New folders of refs have come, or the repository's files were put in place anew.
            add(path, to: descriptor)
            continuation.yield()
        }
        source.setCancelHandler { close(descriptor) }
        continuation.onTermination = { _ in source.cancel() }
        source.resume()
        return stream
    }

    private static func add(_ path: String, to descriptor: Int32) {
        var folders: [String] = []
        for folder in gitFolders(of: path) {
            folders.append(folder)
            collect("\(folder)/refs", into: &folders)
            collect("\(folder)/reftable", into: &folders)
        }
        for folder in folders { _ = inotify_add_watch(descriptor, folder, mask) }
    }

    /// The git directory, and the one it shares with other work trees.
    static func gitFolders(of path: String) -> [String] {
        var folder = path
        if isFolder("\(path)/.git") {
            folder = "\(path)/.git"
        } else if let text = firstLine("\(path)/.git"), text.hasPrefix("gitdir: ") {
            folder = absolute(String(text.dropFirst(8)), in: path)
        }
        guard let common = firstLine("\(folder)/commondir") else { return [folder] }
        return [folder, absolute(common, in: folder)]
    }

    private static func absolute(_ path: String, in folder: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    private static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private static func firstLine(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        let line = bytes[..<count].prefix { $0 != 0x0A }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    private static func collect(_ folder: String, into folders: inout [String]) {
        guard folders.count < mostFolders, let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        folders.append(folder)
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."), entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            collect("\(folder)/\(name)", into: &folders)
        }
    }

    /// Reads what has come; whether any of it may be a change of a ref.
    private static func drain(_ descriptor: Int32) -> Bool {
        var isRelated = false
        var buffer = [UInt8](repeating: 0, count: 16384)
        let header = MemoryLayout<inotify_event>.size
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return isRelated }
            var position = 0
            while position + header <= count {
                let event = buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: inotify_event.self) }
                let end = min(count, position + header + Int(event.len))
                let name = String(decoding: buffer[(position + header)..<end].prefix { $0 != 0 }, as: UTF8.self)
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 || !name.hasSuffix(".lock") && !unrelated.contains(name) { isRelated = true }
                position = end
            }
        }
    }
}
