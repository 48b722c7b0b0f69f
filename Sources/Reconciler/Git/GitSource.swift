import Foundation
import ManifestLoader

/// A repository of manifests: fetched into a bare repository by `git`, read by libgit2.
///
/// Remote branches stand under refs/remotes/origin; nothing the remote does (force-push, deletion, silence) touches what was
/// fetched before, so the last good commit stays readable.
public actor GitSource {
    public nonisolated let options: SourceOptions
    private let git: GitProcess
    private var objects: GitObjects?
    /// What the remote said at the last look, to fetch only after a change.
    private var lastSeen: (ref: String, commit: String)?
    /// Whether a new copy was tried since a commit was last read whole.
    private var hasTriedNewCopy = false

    public init(_ options: SourceOptions) {
        self.options = options
        git = GitProcess(sshKey: options.sshKey, deadline: options.deadline)
    }

    private nonisolated var remote: String { options.shownRepository }

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
        let name = ref.hasPrefix("refs/heads/") ? "refs/remotes/origin/" + ref.dropFirst(11) : ref.isEmpty ? "refs/skiff/commit" : ref
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
        return RemoteRefs(listing: try await run(["ls-remote", "--symref", options.repository] + patterns))
    }

    /// Another skiff that fetches into the same repository may hold the ref's lock for a moment.
    private func fetch(_ refspec: String) async throws(GitError) {
        for attempt in 0..<5 {
            do throws(GitError) {
                _ = try await run(["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", options.repository, refspec])
                return
            } catch {
                guard error.reason == .refused, attempt < 4, (try? await Task.sleep(for: .milliseconds(50))) != nil else { throw error }
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
            let everything = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
            _ = try await run(["fetch", "--no-write-fetch-head", "--quiet", options.repository] + everything, in: fresh)
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
                _ = try await run(["fetch", "--no-tags", "--quiet", options.repository, "+refs/heads/*:refs/remotes/origin/*"])
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
        _ = try await run(["init", "--bare", "--quiet", options.directory], in: nil)
    }

    private func open() throws(GitError) -> GitObjects {
        if let objects { return objects }
        let opened = try GitObjects(path: options.directory, remote: remote)
        objects = opened
        return opened
    }

    /// Runs git and makes a failure a typed one.
    func run(_ arguments: [String]) async throws(GitError) -> String { try await run(arguments, in: options.directory) }

    /// As ``run(_:)``, in another repository than the copy; nil for none.
    func run(_ arguments: [String], in directory: String?) async throws(GitError) -> String {
        let output: GitProcess.Output
        do throws(GitError) {
            output = try await git.run((directory.map { ["--git-dir", $0] } ?? []) + arguments)
        } catch {
            throw GitError(error.reason, remote: remote, ref: options.ref, detail: error.detail)
        }
        if output.timedOut { throw GitError(.timedOut, remote: remote, ref: options.ref, detail: "\(Int(options.deadline)) s are over") }
        guard output.status == 0 else { throw classify(output) }
        return output.stdout
    }

    private func classify(_ output: GitProcess.Output) -> GitError {
        let text = output.stderr.lowercased()
        let reason: GitError.Reason
        if text.contains("non-fast-forward") || text.contains("fetch first") || text.contains("stale info")
            || text.contains("cannot lock ref")
        {
            reason = .refused
        } else if text.contains("couldn't find remote ref") {
            reason = .refNotFound
        } else if [
            "permission denied", "403", "read-only", "not allowed", "unpack failed", "denied to", "authentication failed",
            "terminal prompts disabled", "insufficient permission", "unable to create temporary", "protected branch",
        ].contains(where: text.contains) {
            reason = .noWriteAccess
        } else if text.contains("rejected") || text.contains("declined") {
            reason = .refused
        } else if ["corrupt", "bad object", "not a git repository", "did not send all necessary", "missing blob", "unable to read"]
            .contains(where: text.contains), !text.contains("could not read from remote")
        {
            reason = .corrupt
        } else {
            reason = .unreachable
        }
        return GitError(reason, remote: remote, ref: options.ref, detail: output.complaint)
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
        let tree = try objects.tree(of: commit, path: options.path)
        guard tree != old else { return tree }
        let (changed, removed) = try objects.changes(from: old, to: tree)
        for path in removed {
            if path == IgnoreRules.fileName { loader.setIgnoreRules("") }
            loader.remove(path)
        }
        for entry in changed {
            if entry.path == IgnoreRules.fileName {
                loader.setIgnoreRules(String(decoding: try objects.blob(entry.id), as: UTF8.self))
            } else if ManifestLoader.isManifest(entry.path), !loader.has(entry.path, id: entry.id) {
                let size = try objects.size(ofBlob: entry.id)
                loader.update(
                    size > loader.mostBytes
                        ? ManifestFile(path: entry.path, id: entry.id, unreadSize: size)
                        : ManifestFile(path: entry.path, id: entry.id, bytes: try objects.blob(entry.id)))
            }
        }
        hasTriedNewCopy = false
        return tree
    }

    /// Author, subject and time of a commit.
    func info(_ commit: String) throws(GitError) -> GitObjects.CommitInfo { try open().info(commit) }

    public func subject(of commit: String) -> String { (try? open().info(commit).subject) ?? "" }

    /// A revision of the fetched repository as a full commit id; nil when it has none.
    public func resolve(_ revision: String) throws(GitError) -> String? {
        let objects = try open()
        return objects.resolve(revision) ?? objects.resolve("refs/remotes/origin/\(revision)")
    }

    // MARK: - The status branch

    /// Puts files on the status branch as one commit and pushes it, never by force; a refused push is fetched and tried again on top.
    /// Does nothing when the branch has these files already. Answers the commit, or nil when nothing changed.
    @discardableResult
    public func publishStatus(_ files: [String: [UInt8]], message: String) async throws(GitError) -> String? {
        let local = "refs/remotes/origin/\(options.statusBranch)"
        let branch = "refs/heads/\(options.statusBranch)"
        var parent = try open().resolve(local)
        for attempt in 0..<5 {
            if attempt > 0 || parent == nil {
                do throws(GitError) {
                    _ = try await run(["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", options.repository, "+\(branch):\(local)"])
                } catch {
                    guard error.reason == .refNotFound else { throw error }
                    _ = try? await run(["update-ref", "-d", local])
                }
                objects = nil
                parent = try open().resolve(local)
            }
            let objects = try open()
            if let parent, try unchanged(files, on: parent, objects) { return nil }
            let commit = try objects.writeCommit(
                files: files, parent: parent, message: message, author: "skiff", email: "skiff@\(options.cluster)")
            do throws(GitError) {
                _ = try await run(["push", "--quiet", "--no-verify", options.repository, "\(commit):\(branch)"])
                _ = try await run(["update-ref", local, commit])
                return commit
            } catch {
                guard error.reason == .refused, attempt < 4 else { throw error }
            }
        }
        return nil
    }

    private func unchanged(_ files: [String: [UInt8]], on parent: String, _ objects: GitObjects) throws(GitError) -> Bool {
        for (name, bytes) in files where try objects.file(name, of: parent) != bytes { return false }
        return true
    }
}
