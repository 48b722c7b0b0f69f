import ManifestLoader

extension GitObjects {
    /// Brings a loader from one tree to another, reading only what differs. `old` empty: everything. Answers the new tree's id.
    func load(_ tree: String, from old: String, into loader: inout ManifestLoader) throws(GitError) -> String {
        guard tree != old else { return tree }
        let (changed, removed) = try changes(from: old, to: tree)
        for path in removed {
            if path == IgnoreRules.fileName { loader.setIgnoreRules("") }
            loader.remove(path)
        }
        for entry in changed {
            if entry.path == IgnoreRules.fileName {
                loader.setIgnoreRules(String(decoding: try blob(entry.id), as: UTF8.self))
            } else if ManifestLoader.isManifest(entry.path), !loader.has(entry.path, id: entry.id) {
                loader.update(try manifest(entry, mostBytes: loader.mostBytes))
            }
        }
        return tree
    }

    func manifest(_ entry: TreeEntry, mostBytes: Int) throws(GitError) -> ManifestFile {
        let size = try size(ofBlob: entry.id)
        return size > mostBytes
            ? ManifestFile(path: entry.path, id: entry.id, unreadSize: size)
            : ManifestFile(path: entry.path, id: entry.id, bytes: try blob(entry.id))
    }
}
