import Foundation

/// Where desired state comes from and how it is fetched: the source flags of the command line.
public struct SourceOptions: Sendable, Hashable {
    /// A URL or the path of a repository.
    public var repository: String
    /// Branch, tag or commit; empty for the remote's HEAD.
    public var ref: String
    /// Folder of the manifests within the repository; empty for all of it.
    public var path: String
    /// The cluster's name, of which the status branch is `skiff/status/<cluster>`.
    public var cluster: String
    /// The bare repository that is fetched into; made when absent.
    public var directory: String
    public var sshKey: String?
    /// Seconds between looks at a remote repository. Local ones are watched.
    public var interval: Double
    /// Seconds that one fetch or push may take.
    public var deadline: Double

    public init(
        repository: String, ref: String = "", path: String = "", cluster: String = "default", directory: String,
        sshKey: String? = nil, interval: Double = 30, deadline: Double = 60
    ) {
        self.repository = repository
        self.ref = ref
        self.path = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        self.cluster = cluster
        self.directory = directory
        self.sshKey = sshKey
        self.interval = interval
        self.deadline = deadline
    }

    /// Where the copy keeps the remote's branches. Of every repository apart: a state directory that follows another one now must not take
    /// the old one's branches for its.
    var remoteRefs: String {
        // FNV-1a, 32 bits: the same in every run of the program.
        let hash = repository.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "refs/remotes/origin-" + String(hash, radix: 16)
    }

    public var statusBranch: String { "skiff/status/\(cluster)" }

    /// The repository as a path of this machine; nil for a URL of another.
    public var localPath: String? {
        if repository.hasPrefix("file://") {
            let path = String(repository.dropFirst(7))
            // As git reads it.
            return path.removingPercentEncoding ?? path
        }
        if repository.contains("://") { return nil }
        // host:path is ssh, unless a slash stands before the colon.
        if let colon = repository.firstIndex(of: ":"), !repository[..<colon].contains("/") { return nil }
        return repository
    }

    /// What messages and logs name: the repository without a password, or a token that stands in the place of a user.
    public var shownRepository: String {
        guard let scheme = repository.firstRange(of: "://"), let at = repository[scheme.upperBound...].firstIndex(of: "@"),
            !repository[scheme.upperBound..<at].contains("/")
        else { return repository }
        let user = repository[scheme.upperBound..<at].prefix { $0 != ":" }
        let kept = repository.hasPrefix("ssh://") ? "\(user)@" : ""
        return String(repository[..<scheme.upperBound] + kept + repository[repository.index(after: at)...])
    }
}
