import CLibgit2
import ClusterObjects
import Glibc
import ManifestLoader

/// Reads a repository's objects through libgit2 and writes commits into it. Used from one place at a time.
final class GitObjects {
    let repository: OpaquePointer
    private let remote: String

    static let started: Bool = git_libgit2_init() > 0

    /// Opens a bare repository. `remote` is what errors name.
    init(path: String, remote: String) throws(GitError) {
        _ = GitObjects.started
        var pointer: OpaquePointer?
        guard git_repository_open_bare(&pointer, path) == 0, let pointer else {
            throw GitError(.corrupt, remote: remote, detail: "\(path): \(GitObjects.lastError)")
        }
        repository = pointer
        self.remote = remote
    }

    /// Opens the repository that a folder is, or is in. Nil when it is in none.
    init?(around folder: String) throws(GitError) {
        _ = GitObjects.started
        var pointer: OpaquePointer?
        let code = git_repository_open_ext(&pointer, folder, 0, nil)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        guard code == 0, let pointer else { throw GitError(.corrupt, remote: folder, detail: GitObjects.lastError) }
        repository = pointer
        remote = folder
    }

    deinit { git_repository_free(repository) }

    /// The folder that the repository's files are checked out in; nil of a bare one.
    var workTree: String? {
        guard let path = git_repository_workdir(repository).map({ String(cString: $0) }) else { return nil }
        return path.hasSuffix("/") && path.utf8.count > 1 ? String(path.dropLast()) : path
    }

    static var lastError: String { git_error_last().map { String(cString: $0.pointee.message) } ?? "unknown error" }

    struct TreeEntry: Hashable {
        var path: String
        var id: String
    }

    struct CommitInfo: Sendable {
        var id: String
        var author: String
        var subject: String
        var seconds: Int64
    }

    private func corrupt(_ what: String) -> GitError {
        GitError(.corrupt, remote: remote, ref: what, detail: GitObjects.lastError)
    }

    /// Text of a commit as it may stand in a line: whoever may push writes it, and a terminal obeys control characters.
    private static func line(_ text: UnsafePointer<CChar>) -> String {
        String(String(cString: text).unicodeScalars.filter { $0.properties.generalCategory != .control })
    }

    static func oid(_ text: String) -> git_oid? {
        var oid = git_oid()
        return git_oid_fromstr(&oid, text) == 0 ? oid : nil
    }

    static func hex(_ oid: UnsafePointer<git_oid>) -> String {
        var text = [CChar](repeating: 0, count: 41)
        git_oid_tostr(&text, 41, oid)
        return String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The commit a ref or revision names, in full; nil when there is none.
    func resolve(_ revision: String) -> String? {
        var object: OpaquePointer?
        guard git_revparse_single(&object, repository, revision + "^{commit}") == 0, let object else { return nil }
        defer { git_object_free(object) }
        return git_object_id(object).map { GitObjects.hex($0) }
    }

    private func withCommit<Result>(_ id: String, _ body: (OpaquePointer) throws(GitError) -> Result) throws(GitError) -> Result {
        var commit: OpaquePointer?
        guard var oid = GitObjects.oid(id), git_commit_lookup(&commit, repository, &oid) == 0, let commit else { throw corrupt(id) }
        defer { git_commit_free(commit) }
        return try body(commit)
    }

    /// Makes a ref name a commit, whatever it named before; false where another process holds it.
    func setReference(_ name: String, to commit: String) -> Bool {
        var reference: OpaquePointer?
        guard var id = GitObjects.oid(commit), git_reference_create(&reference, repository, name, &id, 1, "fetch") == 0 else {
            return false
        }
        git_reference_free(reference)
        return true
    }

    func info(_ id: String) throws(GitError) -> CommitInfo {
        try withCommit(id) { commit in
            let author = git_commit_author(commit).flatMap { $0.pointee.name }.map { GitObjects.line($0) } ?? ""
            let subject = git_commit_summary(commit).map { GitObjects.line($0) } ?? ""
            return CommitInfo(id: id, author: author, subject: subject, seconds: Int64(git_commit_time(commit)))
        }
    }

    /// The id of the tree below `path` of a commit; `path` empty for its root.
    func tree(of commit: String, path: String) throws(GitError) -> String {
        try withCommit(commit) { (pointer) throws(GitError) -> String in
            var root: OpaquePointer?
            guard git_commit_tree(&root, pointer) == 0, let root else { throw corrupt(commit) }
            defer { git_tree_free(root) }
            if path.isEmpty { return git_tree_id(root).map { GitObjects.hex($0) } ?? "" }
            var entry: OpaquePointer?
            guard git_tree_entry_bypath(&entry, root, path) == 0, let entry else {
                throw GitError(.pathNotFound, remote: remote, ref: commit, detail: "no folder \(path) in this commit")
            }
            defer { git_tree_entry_free(entry) }
            guard git_tree_entry_type(entry) == GIT_OBJECT_TREE, let id = git_tree_entry_id(entry) else {
                throw GitError(.pathNotFound, remote: remote, ref: commit, detail: "\(path) is no folder")
            }
            return GitObjects.hex(id)
        }
    }

    private func entries(_ tree: String) throws(GitError) -> [(name: String, id: String, isTree: Bool, isFile: Bool)] {
        var pointer: OpaquePointer?
        guard var oid = GitObjects.oid(tree), git_tree_lookup(&pointer, repository, &oid) == 0, let pointer else { throw corrupt(tree) }
        defer { git_tree_free(pointer) }
        return (0..<git_tree_entrycount(pointer)).compactMap { index in
            guard let entry = git_tree_entry_byindex(pointer, index), let name = git_tree_entry_name(entry),
                let id = git_tree_entry_id(entry)
            else { return nil }
            let mode = git_tree_entry_filemode(entry)
            return (
                GitObjects.text(name), GitObjects.hex(id), mode == GIT_FILEMODE_TREE,
                mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE
            )
        }
    }

    /// A name in a tree, which may be any bytes: what is not UTF-8 is written `\xE9`, so that two such names stay two.
    private static func text(_ name: UnsafePointer<CChar>) -> String {
        if let text = String(validatingCString: name) { return text }
        return UnsafeBufferPointer(start: name, count: strlen(name)).reduce(into: "") { text, byte in
            let byte = UInt8(bitPattern: byte)
            if byte < 0x80 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    /// Which files differ between two trees: those of `new` that `old` has not so, and the paths that are gone. Folders with equal ids
    /// are not entered, so this costs what the change costs. `old` empty: everything.
    func changes(from old: String, to new: String) throws(GitError) -> (changed: [TreeEntry], removed: [String]) {
        var changed: [TreeEntry] = []
        var removed: [String] = []
        try compare(old, new, "", 0, &changed, &removed)
        return (changed, removed)
    }

    private func compare(
        _ old: String, _ new: String, _ prefix: String, _ depth: Int, _ changed: inout [TreeEntry], _ removed: inout [String]
    ) throws(GitError) {
        guard old != new else { return }
        guard depth < 200 else { throw GitError(.corrupt, remote: remote, ref: prefix, detail: "folders are nested too deep") }
        let before = old.isEmpty ? [] : try entries(old)
        let after = new.isEmpty ? [] : try entries(new)
        let known = Dictionary(before.map { (ExactText($0.name), $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(after.map { ExactText($0.name) })
        for entry in after {
            let was = known[ExactText(entry.name)]
            if let was, was.id == entry.id, was.isTree == entry.isTree, was.isFile == entry.isFile { continue }
            let path = prefix + entry.name
            if let was, was.isFile, !entry.isFile { removed.append(path) }
            if entry.isTree || was?.isTree == true {
                try compare(
                    was?.isTree == true ? was?.id ?? "" : "", entry.isTree ? entry.id : "", path + "/", depth + 1, &changed, &removed)
            }
            if entry.isFile { changed.append(TreeEntry(path: path, id: entry.id)) }
        }
        for entry in before where !names.contains(ExactText(entry.name)) {
            if entry.isFile { removed.append(prefix + entry.name) }
            if entry.isTree { try compare(entry.id, "", prefix + entry.name + "/", depth + 1, &changed, &removed) }
        }
    }

    /// The size of a blob, found without reading it whole.
    func size(ofBlob id: String) throws(GitError) -> Int {
        var database: OpaquePointer?
        guard git_repository_odb(&database, repository) == 0, let database else { throw corrupt(id) }
        defer { git_odb_free(database) }
        var size = 0
        var type = GIT_OBJECT_ANY
        guard var oid = GitObjects.oid(id), git_odb_read_header(&size, &type, database, &oid) == 0 else { throw corrupt(id) }
        return size
    }

    func blob(_ id: String) throws(GitError) -> [UInt8] {
        var pointer: OpaquePointer?
        guard var oid = GitObjects.oid(id), git_blob_lookup(&pointer, repository, &oid) == 0, let pointer else { throw corrupt(id) }
        defer { git_blob_free(pointer) }
        let size = Int(git_blob_rawsize(pointer))
        guard let start = git_blob_rawcontent(pointer) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// The id of a file of a commit; nil when there is none.
    func blobID(_ path: String, of commit: String) throws(GitError) -> String? {
        guard !path.isEmpty else { return nil }
        return try withCommit(commit) { (pointer) throws(GitError) -> String? in
            var root: OpaquePointer?
            guard git_commit_tree(&root, pointer) == 0, let root else { throw corrupt(commit) }
            defer { git_tree_free(root) }
            var entry: OpaquePointer?
            guard git_tree_entry_bypath(&entry, root, path) == 0, let entry, let id = git_tree_entry_id(entry) else { return nil }
            defer { git_tree_entry_free(entry) }
            return git_tree_entry_type(entry) == GIT_OBJECT_BLOB ? GitObjects.hex(id) : nil
        }
    }

    /// The bytes of a file of a commit; nil when there is none.
    func file(_ path: String, of commit: String) throws(GitError) -> [UInt8]? {
        guard let id = try blobID(path, of: commit) else { return nil }
        return try blob(id)
    }

    /// Which commits the lines of a file are of: where each run of lines begins (from 1), in order.
    struct Blame: Sendable {
        var runs: [(line: Int, commit: String)]

        func commit(of line: Int) -> String? { runs.last { $0.line <= line }?.commit }
    }

    /// Who last changed each line of a file, as of `commit`; nil when it cannot be told. O(commits of the history).
    func blame(_ path: String, at commit: String) -> Blame? {
        guard let oid = GitObjects.oid(commit) else { return nil }
        var options = git_blame_options()
        guard git_blame_options_init(&options, UInt32(GIT_BLAME_OPTIONS_VERSION)) == 0 else { return nil }
        options.newest_commit = oid
        var blame: OpaquePointer?
        guard git_blame_file(&blame, repository, path, &options) == 0, let blame else { return nil }
        defer { git_blame_free(blame) }
        let runs = (0..<git_blame_get_hunk_count(blame)).compactMap { index -> (Int, String)? in
            guard let hunk = git_blame_get_hunk_byindex(blame, index) else { return nil }
            return (hunk.pointee.final_start_line_number, withUnsafePointer(to: hunk.pointee.final_commit_id) { GitObjects.hex($0) })
        }
        return Blame(runs: runs)
    }

    /// Writes a commit with exactly these files on top of `parent` (nil starts an orphan branch) and answers its id. Moves no ref.
    func writeCommit(
        files: [String: [UInt8]], parent: String?, message: String, author: String, email: String
    ) throws(GitError) -> String {
        var builder: OpaquePointer?
        guard git_treebuilder_new(&builder, repository, nil) == 0, let builder else { throw corrupt("tree") }
        defer { git_treebuilder_free(builder) }
        for (name, bytes) in files {
            var id = git_oid()
            guard git_blob_create_from_buffer(&id, repository, bytes, bytes.count) == 0,
                git_treebuilder_insert(nil, builder, name, &id, GIT_FILEMODE_BLOB) == 0
            else { throw corrupt(name) }
        }
        var treeID = git_oid()
        guard git_treebuilder_write(&treeID, builder) == 0 else { throw corrupt("tree") }
        var tree: OpaquePointer?
        guard git_tree_lookup(&tree, repository, &treeID) == 0 else { throw corrupt("tree") }
        defer { git_tree_free(tree) }
        var signature: UnsafeMutablePointer<git_signature>?
        guard git_signature_now(&signature, author, email) == 0, let signature else { throw corrupt("signature") }
        defer { git_signature_free(signature) }
        var parentCommit: OpaquePointer?
        if let parent {
            guard var oid = GitObjects.oid(parent), git_commit_lookup(&parentCommit, repository, &oid) == 0 else { throw corrupt(parent) }
        }
        defer { git_commit_free(parentCommit) }
        var parents: [OpaquePointer?] = parentCommit.map { [$0] } ?? []
        var id = git_oid()
        guard git_commit_create(&id, repository, nil, signature, signature, "UTF-8", message, tree, parents.count, &parents) == 0 else {
            throw corrupt("commit")
        }
        return GitObjects.hex(&id)
    }
}
