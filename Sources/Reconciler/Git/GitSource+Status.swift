extension GitSource {
    /// Puts files on the status branch as one commit and pushes it, never by force; a push that comes too late is fetched and tried again
    /// on top. Does nothing when the branch has these files already. Answers the commit, or nil when nothing changed.
    @discardableResult
    public func publishStatus(_ files: [String: [UInt8]], message: String) async throws(GitError) -> String? {
        let local = "\(options.remoteRefs)/\(options.statusBranch)"
        let branch = "refs/heads/\(options.statusBranch)"
        var parent = try open().resolve(local)
        for attempt in 0..<5 {
            if attempt > 0 || parent == nil {
                do throws(GitError) {
                    _ = try await run([
                        "fetch", "--no-tags", "--no-write-fetch-head", "--quiet", "--", options.repository, "+\(branch):\(local)",
                    ])
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
                _ = try await run(["push", "--quiet", "--no-verify", "--", options.repository, "\(commit):\(branch)"])
                // It is where it is to be, whatever becomes of the copy.
                _ = try? await run(["update-ref", local, commit])
                return commit
            } catch {
                guard error.reason == .outdated, attempt < 4 else { throw error }
            }
        }
        return nil
    }

    private func unchanged(_ files: [String: [UInt8]], on parent: String, _ objects: GitObjects) throws(GitError) -> Bool {
        for (name, bytes) in files where try objects.file(name, of: parent) != bytes { return false }
        return true
    }
}
