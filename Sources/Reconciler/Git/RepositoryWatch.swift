import CLinux
@preconcurrency import Dispatch
import Glibc
import Synchronization

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

    /// Notices until the iteration ends. Where there is no repository yet, its coming is noticed.
    static func changes(of path: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
        guard descriptor >= 0 else {
            continuation.finish()
            return stream
        }
        let watches = Watches(of: path, descriptor)
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "skiff.repository"))
        source.setEventHandler {
            // New folders of refs may have come, or the repository's files been put in place anew.
            if watches.renew(after: drain(descriptor)) { continuation.yield() }
        }
        source.setCancelHandler { close(descriptor) }
        continuation.onTermination = { _ in source.cancel() }
        source.resume()
        return stream
    }

    /// The folders that are watched for one repository: its own, or, while there is none, the nearest one above it.
    private final class Watches: Sendable {
        private struct State {
            var isThere = false
            var above: Int32?
        }

        private let path: String
        private let descriptor: Int32
        private let state = Mutex(State())

        init(of path: String, _ descriptor: Int32) {
            self.path = path
            self.descriptor = descriptor
            _ = renew(after: false)
        }

        /// Watches what is there now. Answers whether that is worth a look, `isRelated` being what the events said.
        func renew(after isRelated: Bool) -> Bool {
            state.withLock { state in
                let was = state.isThere
                state.isThere = find(&state)
                return state.isThere && isRelated || state.isThere != was
            }
        }

        private func find(_ state: inout State) -> Bool {
            // What comes between looking and watching is seen by looking again.
            for _ in 0..<2 {
                let folders = gitFolders(of: path)
                if let first = folders.first, access("\(first)/HEAD", F_OK) == 0 {
                    let watches = add(folders)
                    if let above = state.above, !watches.contains(above) { inotify_rm_watch(descriptor, above) }
                    state.above = nil
                    return true
                }
                var above = folders.first ?? path
                while !isFolder(above), let slash = above.lastIndex(of: "/") {
                    above = slash == above.startIndex ? "/" : String(above[..<slash])
                }
                // The same watch again where the folder is the same, so that its removal wakes nobody.
                let watch = inotify_add_watch(descriptor, above, mask)
                if let old = state.above, old != watch { inotify_rm_watch(descriptor, old) }
                state.above = watch < 0 ? nil : watch
            }
            return false
        }

        private func add(_ gitFolders: [String]) -> [Int32] {
            var folders: [String] = []
            for folder in gitFolders {
                folders.append(folder)
                collect("\(folder)/refs", into: &folders)
                collect("\(folder)/reftable", into: &folders)
            }
            return folders.map { inotify_add_watch(descriptor, $0, mask) }
        }
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
                let isNamed = event.mask & UInt32(IN_IGNORED) == 0 && !name.hasSuffix(".lock") && !unrelated.contains(name)
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 || isNamed { isRelated = true }
                position = end
            }
        }
    }
}
