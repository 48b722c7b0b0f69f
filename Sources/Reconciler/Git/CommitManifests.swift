import ManifestLoader

/// The manifests of one commit of a repository on this machine, for commands that work without a cluster. Fetches nothing.
public enum CommitManifests {
    /// Reads a commit into a loader; false when `text` names no commit of the repository, or there is no repository.
    /// - Parameters:
    ///   - text: a revision as git writes it, with a folder or file behind a colon: `HEAD~1`, `1a2b3c4`, `main:clusters/home`.
    ///   - folder: the repository, or a folder in its work tree.
    /// - Throws: ``GitError``: the repository cannot be read, the commit has no such folder.
    public static func load(_ text: String, of folder: String, into loader: inout ManifestLoader) throws(GitError) -> Bool {
        guard let objects = try GitObjects(around: folder) else { return false }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let revision = parts.first, !revision.isEmpty, let commit = objects.resolve(String(revision)) else { return false }
        let path = parts.count > 1 ? parts[1].split(separator: "/").filter { $0 != "." }.joined(separator: "/") : ""
        if let id = try objects.blobID(path, of: commit) {
            loader.update(try objects.manifest(GitObjects.TreeEntry(path: path, id: id), mostBytes: loader.mostBytes))
        } else {
            _ = try objects.load(objects.tree(of: commit, path: path), from: "", into: &loader)
        }
        return true
    }
}
