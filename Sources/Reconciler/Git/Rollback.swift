import Glibc
import ManifestLoader

/// A revert that was made and pushed.
public struct Rollback: Sendable {
    /// The commit that was undone, and what it said.
    public var reverted: String
    public var subject: String
    /// The commit that undoes it.
    public var commit: String
    public var branch: String
    public var remote: String

    public var text: String {
        "reverted \(reverted.prefix(10)) \"\(subject)\" as \(commit.prefix(10)) on \(branch) of \(remote)"
    }
}

extension GitSource {
    /// Makes the commit that undoes another, as the user's git would, and pushes it to the branch that is followed.
    /// - Parameter revision: the commit to undo; nil for the newest.
    /// - Throws: ``GitError``: no branch is followed, the revert conflicts, the push is refused.
    public func rollback(_ revision: String?) async throws(GitError) -> Rollback {
        let head = try await fetch()
        let ref = currentRef
        guard ref.hasPrefix("refs/heads/") else {
            throw GitError(
                .conflict, remote: options.shownRepository, ref: ref, detail: "only a branch can be rolled back: choose one with --ref")
        }
        guard let target = try revision.map(resolve) ?? head else {
            throw GitError(.refNotFound, remote: options.shownRepository, ref: revision ?? "", detail: "")
        }
        let branch = String(ref.dropFirst(11))
        let subject = subject(of: target)
        let commit = try await revert(target, on: head, branch: branch)
        return Rollback(reverted: target, subject: subject, commit: commit, branch: branch, remote: options.shownRepository)
    }

    private func revert(_ target: String, on head: String, branch: String) async throws(GitError) -> String {
        // The branch that is checked out in a work tree takes no push: the revert is made there.
        if let path = options.localPath, access("\(path)/.git", F_OK) == 0,
            try await run(["-C", path, "rev-parse", "--symbolic-full-name", "HEAD"], in: nil)
                .split(separator: "\n").first == "refs/heads/\(branch)"
        {
            try await revert(target, in: path, identity: [])
            return try await newHead(of: path)
        }
        let folder = "\(options.directory)/skiff-rollback-\(getpid())"
        _ = try await run(["worktree", "add", "--detach", "--force", "--quiet", folder, head])
        let result: Result<String, GitError>
        do throws(GitError) {
            try await revert(target, in: folder, identity: await localIdentity())
            let commit = try await newHead(of: folder)
            _ = try await run(["-C", folder, "push", "--quiet", options.repository, "\(commit):refs/heads/\(branch)"], in: nil)
            result = .success(commit)
        } catch { result = .failure(error) }
        _ = try? await run(["worktree", "remove", "--force", folder])
        return try result.get()
    }

    private func newHead(of folder: String) async throws(GitError) -> String {
        let text = try await run(["-C", folder, "rev-parse", "HEAD"], in: nil)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }

    private func revert(_ target: String, in folder: String, identity: [String]) async throws(GitError) {
        let parents = try await run(["-C", folder, "rev-list", "--parents", "-n", "1", target], in: nil)
        let mainline = parents.split(separator: " ").count > 2 ? ["-m", "1"] : []
        do throws(GitError) {
            _ = try await run(["-C", folder] + identity + ["revert", "--no-edit"] + mainline + [target], in: nil)
        } catch {
            _ = try? await run(["-C", folder, "revert", "--abort"], in: nil)
            throw GitError(
                .conflict, remote: options.shownRepository, ref: target,
                detail: "the commit cannot be undone by itself (\(error.detail)): revert it by hand and push")
        }
    }

    /// What a repository on this machine says of its user, beyond the user's own git configuration.
    private func localIdentity() async -> [String] {
        guard let path = options.localPath else { return [] }
        var settings: [String] = []
        for key in ["user.name", "user.email"] {
            guard let text = try? await run(["-C", path, "config", "--get", key], in: nil),
                let value = text.split(separator: "\n").first
            else { continue }
            settings += ["-c", "\(key)=\(value)"]
        }
        return settings
    }
}
