import Foundation
import ManifestLoader

/// A repository of manifests: fetched into a bare repository by `git`, read by libgit2.
///
/// Remote branches stand under refs/remotes; nothing the remote does (force-push, deletion, silence) touches what was
/// fetched before, so the last good commit stays readable.
public actor GitSource {
    public nonisolated let options: SourceOptions
    let git: GitProcess
    var objects: GitObjects?
    /// What the remote said at the last look, to fetch only after a change.
    private var lastSeen: (ref: String, commit: String)?
    /// Whether a new copy was tried since a commit was last read whole.
    private var hasTriedNewCopy = false

    public init(_ options: SourceOptions) {
        self.options = options
        git = GitProcess(sshKey: options.sshKey, deadline: options.deadline)
    }

    nonisolated var remote: String { options.shownRepository }

    /// The resolved ref of the last look, e.g. `refs/heads/main`.
    public var currentRef: String { lastSeen?.ref ?? options.ref }

    // MARK: - Fetching

    /// Asks the remote and fetches what is new. Answers the commit that the ref names now.
    ///
    /// What stands in `directory` is a copy of what the remote has: one that is damaged, or that a process which was killed left
    /// locked, is made anew.
    public func fetch() async throws(GitError) -> String {
        do throws(GitError) { return try await fetchIntoCopy() } catch {
            guard await replaceCopy(after: error) else { throw error }
            return try await fetchIntoCopy()
        }
    }

    private func fetchIntoCopy() async throws(GitError) -> String {
        try await prepare()
        let local = options.localPath.flatMap { LocalRepository(path: $0) }
        let (ref, commit) = try await choose(from: try await remoteRefs(local))
        if let lastSeen, lastSeen == (ref, commit), try open().resolve(commit) != nil { return commit }
        let name = ref.hasPrefix("refs/heads/") ? "\(options.remoteRefs)/" + ref.dropFirst(11) : ref.isEmpty ? "refs/skiff/commit" : ref
        if let local, try local.copy(commit, to: open()), try open().setReference(name, to: commit) {
            lastSeen = (ref, commit)
            return commit
        }
        let what = ref.isEmpty ? commit : ref
        try await fetch("+\(what):\(name)")
        objects = nil
        // The ref may have moved since it was listed: what was fetched counts.
        guard let fetched = try open().resolve(name) else {
            throw GitError(.corrupt, remote: remote, ref: ref, detail: "fetched, but there is no commit")
        }
        lastSeen = (ref, fetched)
        return fetched
    }

    private func remoteRefs(_ local: LocalRepository?) async throws(GitError) -> RemoteRefs {
        if let refs = local?.refs(patterns) { return refs }
        do throws(GitError) {
            return RemoteRefs(listing: try await run(["ls-remote", "--symref", "--", options.repository] + patterns))
        } catch { throw located(error) }
    }

    /// Of a folder that is no repository but in one: how to name that.
    private func located(_ error: GitError) -> GitError {
        guard let path = options.localPath, error.detail.contains("does not appear to be a git repository") else { return error }
        var error = error
        error.detail = "no git repository"
        if let around = (try? GitObjects(around: path))?.workTree, path.hasPrefix("\(around)/") {
            error.detail += ", but a folder of one: --repo \(around) --path \(path.dropFirst(around.count + 1))"
        }
        return error
    }

    /// Another skiff that fetches into the same repository may hold the ref's lock for a moment.
    private func fetch(_ refspec: String) async throws(GitError) {
        for attempt in 0..<5 {
            do throws(GitError) {
                _ = try await run(["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", "--", options.repository, refspec])
                return
            } catch {
                guard error.reason == .outdated, attempt < 4, (try? await Task.sleep(for: .milliseconds(50))) != nil else { throw error }
            }
        }
    }

    /// Makes the copy anew when the trouble can lie in it. False when it lies elsewhere, or the remote cannot be copied whole either: then
    /// what was fetched before stays, and this is not tried again until a commit has been read.
    private func replaceCopy(after error: GitError) async -> Bool {
        guard error.reason == .corrupt || error.detail.contains(options.directory), !hasTriedNewCopy else { return false }
        hasTriedNewCopy = true
        let files = FileManager.default
        let (fresh, old) = (options.directory + ".new", options.directory + ".old")
        for leftover in [fresh, old] { try? files.removeItem(atPath: leftover) }
        do throws(GitError) {
            _ = try await run(["init", "--bare", "--quiet", fresh], in: nil)
            let everything = ["+refs/heads/*:\(options.remoteRefs)/*", "+refs/tags/*:refs/tags/*"]
            _ = try await run(["fetch", "--no-write-fetch-head", "--quiet", "--", options.repository] + everything, in: fresh)
        } catch {
            try? files.removeItem(atPath: fresh)
            return false
        }
        objects = nil
        lastSeen = nil
        guard rename(options.directory, old) == 0, rename(fresh, options.directory) == 0 else { return false }
        try? files.removeItem(atPath: old)
        return true
    }

    private var patterns: [String] {
        let ref = options.ref
        if ref.isEmpty { return ["HEAD", "refs/heads/*"] }
        if ref.hasPrefix("refs/") { return [ref] }
        return ["refs/heads/\(ref)", "refs/tags/\(ref)", "refs/tags/\(ref)^{}"]
    }

    private func choose(from remoteRefs: RemoteRefs) async throws(GitError) -> (ref: String, commit: String) {
        let (head, commits) = (remoteRefs.head, remoteRefs.commits)
        if options.ref.isEmpty {
            guard !commits.isEmpty else { throw GitError(.emptyRepository, remote: remote, detail: "") }
            if let head, let commit = commits[head] { return (head, commit) }
            if let head { throw GitError(.refNotFound, remote: remote, ref: head, detail: "the remote's HEAD names a branch that is gone") }
            if let commit = commits["HEAD"] { return ("", commit) }
            // A HEAD that names a branch which is gone is not listed at all.
            let branches = commits.keys.filter { !$0.hasPrefix("refs/heads/skiff/status/") }.map { $0.replacing("refs/heads/", with: "") }
            let there = branches.isEmpty ? "" : "; there is " + branches.sorted().prefix(5).joined(separator: ", ")
            let (gone, detail) = lastSeen.map { ($0.ref, "the branch is gone") } ?? ("HEAD", "it names a branch that is not there")
            throw GitError(.refNotFound, remote: remote, ref: gone, detail: detail + there)
        }
        for name in patterns where name.hasSuffix("^{}") == false {
            if let commit = commits[name + "^{}"] ?? commits[name] { return (name, commit) }
        }
        if options.ref.count == 40, options.ref.allSatisfy(\.isHexDigit) {
            if try open().resolve(options.ref) == nil {
                _ = try await run(["fetch", "--no-tags", "--quiet", "--", options.repository, "+refs/heads/*:\(options.remoteRefs)/*"])
                objects = nil
            }
            if try open().resolve(options.ref) != nil { return ("", options.ref) }
        }
        throw GitError(.refNotFound, remote: remote, ref: options.ref, detail: "")
    }

    private func prepare() async throws(GitError) {
        if let path = options.localPath, access(path, F_OK) != 0 {
            throw GitError(.unreachable, remote: remote, ref: options.ref, detail: "no such folder")
        }
        guard access(options.directory + "/HEAD", F_OK) != 0 else { return }
        // The state directory, where this comes first in it, is its owner's alone.
        try? FileManager.default.createDirectory(
            atPath: options.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // One that was removed meanwhile holds nothing of what is known of it.
        objects = nil
        lastSeen = nil
        _ = try await run(["init", "--bare", "--quiet", options.directory], in: nil)
    }

    func open() throws(GitError) -> GitObjects {
        if let objects { return objects }
        let opened = try GitObjects(path: options.directory, remote: remote)
        objects = opened
        return opened
    }

    // MARK: - Reading

    /// Brings a loader from one tree to that of a commit, reading only what differs. Answers the new tree's id.
    public func load(_ commit: String, from old: String, into loader: inout ManifestLoader) async throws(GitError) -> String {
        do throws(GitError) { return try read(commit, from: old, into: &loader) } catch {
            // What has been read is not read again.
            guard error.reason == .corrupt, await replaceCopy(after: error) else { throw error }
            return try read(commit, from: old, into: &loader)
        }
    }

    private func read(_ commit: String, from old: String, into loader: inout ManifestLoader) throws(GitError) -> String {
        let objects = try open()
        do throws(GitError) {
            let tree = try objects.load(objects.tree(of: commit, path: options.path), from: old, into: &loader)
            if tree != old { hasTriedNewCopy = false }
            return tree
        } catch {
            guard error.reason == .pathNotFound else { throw error }
            throw GitError(.pathNotFound, remote: remote, ref: commit, detail: "\(error.detail): check --path")
        }
    }

    /// Author, subject and time of a commit.
    func info(_ commit: String) throws(GitError) -> GitObjects.CommitInfo { try open().info(commit) }

    public func subject(of commit: String) -> String { (try? open().info(commit).subject) ?? "" }

    /// A revision of the fetched repository as a full commit id; nil when it has none.
    public func resolve(_ revision: String) throws(GitError) -> String? {
        let objects = try open()
        return objects.resolve(revision) ?? objects.resolve("\(options.remoteRefs)/\(revision)")
    }
}
