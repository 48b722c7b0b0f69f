import ArgumentParser
import Cluster
import ClusterAPI
import ClusterObjects
import Foundation
import ManifestLoader
import Reconciler

/// Which repository a cluster follows. What is given is remembered in the state directory, so that later commands need not repeat it.
struct SourceArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The repository: a URL or a path (default: the one given last).", valueName: "repository"))
    var repo: String?

    @Option(help: ArgumentHelp("Branch, tag or commit (default: the remote's HEAD).", valueName: "ref"))
    var ref: String?

    @Option(help: ArgumentHelp("Folder of the manifests within the repository (default: all of it).", valueName: "folder"))
    var path: String?

    @Option(
        help: ArgumentHelp("Name of this cluster, of which the status branch is skiff/status/<name> (default: default).", valueName: "name")
    )
    var cluster: String?

    @Option(help: ArgumentHelp("The private key for a repository over ssh.", valueName: "file"))
    var sshKey: String?

    @Option(help: ArgumentHelp("How often a remote repository is looked at, e.g. 30s.", valueName: "time"))
    var interval: DurationArgument?

    func validate() throws {
        if repo?.isEmpty == true { throw ValidationError("--repo: is empty; name a repository, or leave it out for the one given last") }
        guard let name = cluster else { return }
        // What both a Sync and a branch may be called.
        guard NameFormats.subdomain(name).isEmpty, !name.hasSuffix(".lock") else {
            throw ValidationError(
                "--cluster \(name): must be lower case letters, digits, '-' or '.', and begin and end with a letter or digit, e.g. home-1")
        }
    }

    /// The source that is given, or was given last; nil when none ever was.
    func options(_ state: StateDirectory) -> SourceOptions? {
        let remembered = SourceMemory.read(state)
        guard let repository = repo.map(SourceArguments.absolute) ?? remembered?.repository else { return nil }
        // Flags of another repository say nothing about this one.
        let same = repo == nil || repository == remembered?.repository ? remembered : nil
        return SourceOptions(
            repository: repository, ref: ref ?? same?.ref ?? "", path: path ?? same?.path ?? "",
            cluster: cluster ?? same?.cluster ?? "default", directory: "\(state.path)/source.git",
            sshKey: sshKey.map { StateDirectory($0).path } ?? same?.sshKey,
            interval: interval?.seconds ?? same?.interval ?? 30)
    }

    /// - Throws: `CommandFailure` saying how to name a source, when there is none.
    func required(_ state: StateDirectory) throws -> SourceOptions {
        guard let options = options(state) else {
            throw CommandFailure("no repository is known for the state directory \(state.path): name one with --repo")
        }
        return options
    }

    /// A path of this machine made absolute, a link staying one that may lead elsewhere later; a URL as it is.
    private static func absolute(_ repository: String) -> String {
        let source = SourceOptions(repository: repository, directory: "")
        guard let path = source.localPath, !repository.hasPrefix("file://") else { return repository }
        let expanded = NSString(string: path).expandingTildeInPath
        let absolute = expanded.hasPrefix("/") ? expanded : FileManager.default.currentDirectoryPath + "/" + expanded
        let parts = absolute.split(separator: "/").filter { $0 != "." }
        // What stands above a link is told by what it leads to.
        return parts.contains("..") ? StateDirectory(path).path : "/" + parts.joined(separator: "/")
    }
}

/// `source.json` of a state directory: which repository it follows.
enum SourceMemory {
    private static func file(_ state: StateDirectory) -> String { "\(state.path)/source.json" }

    static func read(_ state: StateDirectory) -> SourceOptions? {
        guard let data = FileManager.default.contents(atPath: file(state)), let value = try? Value(parsing: Array(data)),
            let repository = value["repository"]?.string
        else { return nil }
        return SourceOptions(
            repository: repository, ref: value["ref"]?.string ?? "", path: value["path"]?.string ?? "",
            cluster: value["cluster"]?.string ?? "default", directory: "\(state.path)/source.git", sshKey: value["sshKey"]?.string,
            interval: value["interval"]?.double ?? 30)
    }

    static func write(_ source: SourceOptions, _ state: StateDirectory) throws {
        var value: Value = [
            "repository": .string(source.repository), "ref": .string(source.ref), "path": .string(source.path),
            "cluster": .string(source.cluster), "interval": .double(source.interval),
        ]
        if let key = source.sshKey { value["sshKey"] = .string(key) }
        try Data(value.json).write(to: URL(fileURLWithPath: file(state)), options: .atomic)
        // A repository's URL may hold a password.
        chmod(file(state), 0o600)
    }
}
