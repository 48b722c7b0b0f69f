extension GitSource {
    /// Runs git on the copy and makes a failure a typed one.
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
        guard output.status == 0 else {
            throw GitError(
                GitFailure.reason(output.stderr, isPush: arguments.contains("push")), remote: remote, ref: options.ref,
                detail: output.complaint + GitFailure.advice(output.stderr))
        }
        return output.stdout
    }
}

/// What git's complaints mean. Pure.
enum GitFailure {
    /// Words of git, ssh and the usual servers, by what they mean; the first that are found decide.
    private static let meanings: [(reason: GitError.Reason, words: [String])] = [
        (.outdated, ["non-fast-forward", "fetch first", "stale info", "cannot lock ref", "possible to fast-forward"]),
        (.refNotFound, ["couldn't find remote ref"]),
        (.noIdentity, ["please tell me who you are", "auto-detection is disabled"]),
    ]
    private static let pushMeanings: [(reason: GitError.Reason, words: [String])] = [
        (
            .noWriteAccess,
            [
                "permission denied", "403", "read-only", "not allowed", "unpack failed", "denied to", "authentication failed",
                "terminal prompts disabled", "insufficient permission", "unable to create temporary", "protected branch", "access denied",
            ]
        ),
        (.refused, ["rejected", "declined"]),
    ]
    private static let fetchMeanings: [(reason: GitError.Reason, words: [String])] = [
        (.copyNotWritable, ["no space left", "unable to create temporary", "insufficient permission", "read-only file system"]),
        (
            .noReadAccess,
            ["permission denied (", "403", "authentication failed", "terminal prompts disabled", "access denied", "dubious ownership"]
        ),
    ]
    private static let damage = [
        "corrupt", "bad object", "not a git repository", "did not send all necessary", "missing blob", "unable to read",
    ]

    /// - Parameter stderr: of a git that failed, in English.
    static func reason(_ stderr: String, isPush: Bool) -> GitError.Reason {
        let text = stderr.lowercased()
        for (reason, words) in meanings + (isPush ? pushMeanings : fetchMeanings) where words.contains(where: text.contains) {
            return reason
        }
        return damage.contains(where: text.contains) && !text.contains("could not read from remote") ? .corrupt : .unreachable
    }

    /// What git says how to do on lines of its own.
    static func advice(_ stderr: String) -> String {
        if stderr.contains("mismatched algorithms") { return "; it names objects by SHA-256, and skiff reads what SHA-1 names" }
        let lines = stderr.split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.contains("git config --global --add safe.directory") }) else { return "" }
        return "; allow it with " + line.drop { $0 == " " || $0 == "\t" }.prefix(300)
    }
}
