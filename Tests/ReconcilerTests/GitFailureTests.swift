import Testing

@testable import Reconciler

/// What git, ssh and servers of repositories say when something goes wrong, and what is made of it.
@Suite struct `Complaints of git` {
    private static let hostKey =
        "Host key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make sure you have …\n"
    private static let declined = """
        remote: only reviewed commits here
        To /srv/deploy.git
         ! [remote rejected] HEAD -> main (pre-receive hook declined)
        error: failed to push some refs to '/srv/deploy.git'
        """
    private static let late = """
        To /srv/deploy.git
         ! [rejected]        HEAD -> main (fetch first)
        error: failed to push some refs to '/srv/deploy.git'
        hint: Updates were rejected because the remote contains work that you do
        """
    private static let owner = """
        fatal: detected dubious ownership in repository at '/srv/deploy.git'
        To add an exception for this directory, call:

        \tgit config --global --add safe.directory /srv/deploy.git
        """
    private static let overwritten = """
        error: Your local changes to the following files would be overwritten by merge:
        \tapps/a.yaml
        \tapps/b.yaml
        Please commit your changes or stash them before you merge.
        Aborting
        """

    @Test(arguments: [
        (declined, true, GitError.Reason.refused, "pre-receive hook declined; only reviewed commits here"),
        (late, true, .outdated, "fetch first"), (hostKey, false, .unreachable, "Host key verification failed."),
        (
            "git@example.org: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n", false, .noReadAccess,
            "git@example.org: Permission denied (publickey)."
        ),
        (
            "fatal: unable to create temporary file: No space left on device\n", false, .copyNotWritable,
            "fatal: unable to create temporary file: No space left on device"
        ),
        (
            overwritten, false, .unreachable,
            "error: Your local changes to the following files would be overwritten by merge: apps/a.yaml apps/b.yaml"
        ),
        (
            "*** Please tell me who you are.\n\nfatal: no email was given and auto-detection is disabled\n", false, .noIdentity,
            "fatal: no email was given and auto-detection is disabled"
        ),
        (
            "error: gpg failed to sign the data\nerror: failed to write commit object\nfatal: revert failed\n", false, .unreachable,
            "error: gpg failed to sign the data; error: failed to write commit object; fatal: revert failed"
        ),
        ("", false, .unreachable, "git failed"),
    ])
    func `mean this and say most by that`(stderr: String, isPush: Bool, reason: GitError.Reason, complaint: String) {
        #expect(GitFailure.reason(stderr, isPush: isPush) == reason)
        #expect(GitProcess.Output(status: 128, stdout: "", stderr: stderr, timedOut: false).complaint == complaint)
        #expect(GitFailure.advice(stderr).isEmpty)
    }

    @Test func `a repository of another user comes with what git says to do`() {
        #expect(GitFailure.reason(Self.owner, isPush: false) == .noReadAccess)
        #expect(GitFailure.advice(Self.owner) == "; allow it with git config --global --add safe.directory /srv/deploy.git")
    }
}
