import Foundation

extension GitSource {
    /// A range of more commits than this is a mistake more often than a wish.
    private static let mostUndone = 100
    private static let mostTries = 3
    private static let folderName = "skiff-rollback-"

    /// Makes the commits that undo others, as the user's git would, and puts them on the branch that is followed: by a push, or where it
    /// is checked out. What others pushed meanwhile is kept below them. Nothing is changed when it cannot be done whole.
    /// - Parameter revision: the commit to undo, or a range `OLD..NEW` of which all after OLD are; nil for the newest. `HEAD` is the newest.
    /// - Throws: ``GitError``: no branch is followed, there is nothing to undo, later commits are in the way, git knows no identity, the
    ///   push is refused.
    public func rollback(_ revision: String?) async throws(GitError) -> Rollback {
        var head = try await fetch()
        guard currentRef.hasPrefix("refs/heads/") else {
            throw GitError(
                .nothingToUndo, remote: remote, ref: currentRef, detail: "only a branch can be rolled back: choose one with --ref")
        }
        let branch = String(currentRef.dropFirst(11))
        // Once: what is undone stays what was the newest when it was asked for.
        let targets = try await targets(revision ?? head, head: head, branch: branch)
        for _ in 1..<GitSource.mostTries {
            do throws(GitError) { return try await undo(targets, on: head, branch: branch) } catch {
                guard error.reason == .outdated else { throw error }
            }
            head = try await fetch()
        }
        return try await undo(targets, on: head, branch: branch)
    }

    /// What a rollback left that was killed.
    private func removeLeftovers() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: options.directory)) ?? [] where name.hasPrefix(GitSource.folderName) {
            guard let pid = pid_t(name.dropFirst(GitSource.folderName.count)), kill(pid, 0) != 0, errno == ESRCH else { continue }
            try? files.removeItem(atPath: "\(options.directory)/\(name)")
        }
    }

    /// Has git take files of the copy as they are: the filters that a repository asks for (Git LFS, git-crypt) may need what is not here.
    private func takeBytes() throws(GitError) {
        let path = "\(options.directory)/info/attributes"
        do {
            try FileManager.default.createDirectory(atPath: "\(options.directory)/info", withIntermediateDirectories: true)
            try "* -filter -text -ident -working-tree-encoding\n".write(toFile: path, atomically: true, encoding: .utf8)
        } catch { throw GitError(.copyNotWritable, remote: remote, detail: "\(path): \(error.localizedDescription)") }
    }

    private func undo(_ targets: [Rollback.Undone], on head: String, branch: String) async throws(GitError) -> Rollback {
        removeLeftovers()
        try takeBytes()
        let folder = "\(options.directory)/\(GitSource.folderName)\(getpid())"
        _ = try await run(["worktree", "add", "--detach", "--force", "--quiet", folder, head])
        let result: Result<Rollback, GitError>
        do throws(GitError) {
            let identity = try await identity(in: folder)
            for target in targets { try await revert(target, in: folder, settings: identity.settings) }
            let commit = try await line(["-C", folder, "rev-parse", "HEAD"])
            let place = try await deliver(commit, branch: branch, from: folder)
            let (changed, removed) = try open().changes(from: open().tree(of: head, path: ""), to: open().tree(of: commit, path: ""))
            result = .success(
                Rollback(
                    undone: targets, files: (changed.map(\.path) + removed).sorted(), commit: commit, identity: identity.text,
                    branch: branch, remote: remote, workTree: place))
        } catch { result = .failure(error) }
        _ = try? await run(["worktree", "remove", "--force", folder])
        objects = nil
        return try result.get()
    }

    // MARK: - What is undone

    private func targets(_ revision: String, head: String, branch: String) async throws(GitError) -> [Rollback.Undone] {
        let ends = revision.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var commits: [String] = []
        if ends.count == 2 {
            let (old, new) = (try part(of: branch, head, ends[0]), try part(of: branch, head, ends[1]))
            let listed = try await run(["rev-list", "--first-parent", "--max-count=\(GitSource.mostUndone + 1)", "\(old)..\(new)"])
            commits = listed.split(separator: "\n").map(String.init)
        } else {
            commits = [try part(of: branch, head, revision)]
        }
        guard 1...GitSource.mostUndone ~= commits.count else {
            let why = commits.isEmpty ? "no commit is in \(revision)" : "\(revision) is more than \(GitSource.mostUndone) commits"
            throw GitError(.nothingToUndo, remote: remote, ref: branch, detail: why)
        }
        var undone: [Rollback.Undone] = []
        for commit in commits {
            let info = try info(commit)
            undone.append(Rollback.Undone(commit: commit, author: info.author, subject: info.subject))
            guard try await hasParent(commit, branch: branch) else {
                throw GitError(
                    .nothingToUndo, remote: remote, ref: branch,
                    detail: "\(shown(undone.last)) is the first commit: there is nothing before it to go back to")
            }
        }
        // By git, which walks the history at once, whatever its length.
        for commit in undone {
            guard (try? await run(["merge-base", "--is-ancestor", commit.commit, head])) != nil else {
                throw GitError(.nothingToUndo, remote: remote, ref: branch, detail: "\(shown(commit)) is no part of \(branch)")
            }
        }
        return undone
    }

    private func hasParent(_ commit: String, branch: String) async throws(GitError) -> Bool {
        do throws(GitError) {
            return try await line(["rev-list", "--parents", "-n", "1", commit]).contains(" ")
        } catch {
            guard error.detail.contains("Failed to traverse parents") else { throw error }
            throw GitError(
                .nothingToUndo, remote: remote, ref: branch,
                detail: "what was before \(commit.prefix(10)) is not in this shallow clone: git fetch --unshallow there")
        }
    }

    /// A revision as a full commit id. `HEAD` is the newest commit of the branch, not of the copy.
    private func part(of branch: String, _ head: String, _ revision: String) throws(GitError) -> String {
        var text = revision
        for name in ["HEAD", "@"] where text == name || text.hasPrefix(name + "~") || text.hasPrefix(name + "^") {
            text = head + text.dropFirst(name.count)
        }
        if text.isEmpty { text = head }
        guard let commit = try resolve(text) else {
            throw GitError(.nothingToUndo, remote: remote, ref: branch, detail: "no commit \(revision) is known here")
        }
        return commit
    }

    private func shown(_ commit: Rollback.Undone?) -> String { commit.map { "\($0.commit.prefix(10)) \"\($0.subject)\"" } ?? "" }

    // MARK: - Making the reverts

    /// Whose commits they will be, with what a repository on this machine says of its user beyond the user's own git configuration.
    private func identity(in folder: String) async throws(GitError) -> (settings: [String], text: String) {
        // Never one that git makes up of the login and the machine's name.
        var settings = ["-c", "user.useConfigOnly=true"]
        if let path = options.localPath {
            for key in ["user.name", "user.email"] {
                if let value = try? await line(["-C", path, "config", "--get", key]), !value.isEmpty {
                    settings += ["-c", "\(key)=\(value)"]
                }
            }
        }
        // NAME <EMAIL> SECONDS ZONE
        let text = try await line(["-C", folder] + settings + ["var", "GIT_COMMITTER_IDENT"])
        return (settings, text.split(separator: " ").dropLast(2).joined(separator: " "))
    }

    private func revert(_ target: Rollback.Undone, in folder: String, settings: [String]) async throws(GitError) {
        let parents = try await line(["-C", folder, "rev-list", "--parents", "-n", "1", target.commit])
        let mainline = parents.split(separator: " ").count > 2 ? ["-m", "1"] : []
        do throws(GitError) {
            _ = try await run(["-C", folder] + settings + ["revert", "--no-edit"] + mainline + [target.commit], in: nil)
        } catch {
            if error.reason == .noIdentity { throw error }
            let inTheWay = try await run(["-C", folder, "diff", "--name-only", "--diff-filter=U"], in: nil).split(separator: "\n")
            if inTheWay.isEmpty, try await run(["-C", folder, "status", "--porcelain", "--untracked-files=no"], in: nil).isEmpty {
                throw GitError(
                    .nothingToUndo, remote: remote, ref: options.ref,
                    detail: "\(shown(target)) is undone already: nothing of it is left")
            }
            guard !inTheWay.isEmpty else { throw GitError(.conflict, remote: remote, ref: options.ref, detail: error.detail) }
            throw GitError(
                .conflict, remote: remote, ref: options.ref,
                detail: "\(shown(target)) cannot be undone by itself, later commits changed the same lines of "
                    + inTheWay.prefix(5).joined(separator: ", ")
                    + ": undo those first, or all at once with \(target.commit.prefix(10))~..HEAD, or revert it by hand and push")
        }
    }

    // MARK: - Putting them on the branch

    /// Pushes a commit, or moves the branch where it is checked out, which takes no push. Answers that work tree.
    private func deliver(_ commit: String, branch: String, from folder: String) async throws(GitError) -> String? {
        let push = ["-C", folder, "push", "--quiet", "--no-verify", "--", options.repository]
        guard let workTree = await workTree(of: branch) else {
            do throws(GitError) { _ = try await run(push + ["\(commit):refs/heads/\(branch)"], in: nil) } catch {
                guard error.reason != .outdated else { throw error }
                throw GitError(error.reason, remote: remote, ref: branch, detail: "\(error.detail); nothing is changed")
            }
            return nil
        }
        let passing = "refs/skiff/rollback"
        _ = try await run(push + ["+\(commit):\(passing)"], in: nil)
        let merged: Result<String, GitError>
        do throws(GitError) {
            merged = .success(try await run(["-C", workTree, "merge", "--ff-only", "--quiet", commit], in: nil))
        } catch { merged = .failure(error) }
        _ = try? await run(["-C", workTree, "update-ref", "-d", passing], in: nil)
        do throws(GitError) { _ = try merged.get() } catch {
            if error.reason == .outdated { throw error }
            throw GitError(
                .conflict, remote: remote, ref: branch,
                detail: "the work tree \(workTree) cannot take the revert (\(error.detail)): commit or stash what was changed there")
        }
        return workTree
    }

    /// Where a branch of a repository on this machine is checked out.
    private func workTree(of branch: String) async -> String? {
        guard let path = options.localPath, let listed = try? await run(["-C", path, "worktree", "list", "--porcelain"], in: nil) else {
            return nil
        }
        var folder: String?
        for line in listed.split(separator: "\n") {
            if line.hasPrefix("worktree ") { folder = String(line.dropFirst(9)) }
            if line == "branch refs/heads/\(branch)", let folder, access("\(folder)/.git", F_OK) == 0 { return folder }
        }
        return nil
    }

    /// The first line of what git says.
    private func line(_ arguments: [String]) async throws(GitError) -> String {
        let directory = arguments.first == "-C" ? nil : options.directory
        return try await run(arguments, in: directory).split(separator: "\n").first.map(String.init) ?? ""
    }
}
