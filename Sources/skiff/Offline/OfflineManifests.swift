import ArgumentParser
import ClusterAPI
import ManifestLoader
import Reconciler

/// What `validate` and `render` read: a folder, a file, or a commit.
struct OfflineManifests: ParsableArguments {
    @Argument(help: "A folder or file of manifests, or a commit: HEAD~1, 1a2b3c4, main:clusters/home (default: the current folder).")
    var subject: String?

    @Option(
        help: ArgumentHelp("The repository of the commit (default: the one around the current folder).", valueName: "folder"))
    var repo: String?

    /// Reads and checks it. Fetches nothing.
    /// - Throws: `CommandFailure` when there is nothing to read; ``GitError``.
    func load() throws -> (fileCount: Int, result: LoadResult) {
        var loader = ManifestLoader(registry: .builtIn())
        if let repo {
            let commit = subject ?? "HEAD"
            guard let path = SourceOptions(repository: repo, directory: "").localPath else {
                throw CommandFailure("\(repo): is not on this machine; clone it, or name a folder")
            }
            guard try CommitManifests.load(commit, of: path, into: &loader) else {
                throw CommandFailure("\(repo): no git repository that has a commit \(commit)")
            }
        } else if let subject, !ManifestFolder.exists(subject) {
            guard try CommitManifests.load(subject, of: ".", into: &loader) else {
                throw CommandFailure("\(subject): no such file or folder, and no commit of a repository here")
            }
        } else {
            try ManifestFolder(subject ?? ".").load(into: &loader)
        }
        guard loader.fileCount > 0 else {
            throw CommandFailure("\(subject ?? repo ?? "."): no manifest in it, which is a file of .yaml, .yml or .json")
        }
        return (loader.fileCount, loader.result())
    }
}
