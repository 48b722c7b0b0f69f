import ClusterClient
import ClusterObjects

/// A ConfigMap or Secret that a pod is made from.
struct PodSource: Sendable, Hashable {
    enum Kind: String, Sendable { case configMap, secret }

    var kind: Kind
    var namespace: String
    var name: String

    var resource: GroupVersionResource { kind == .configMap ? .configMaps : .secrets }
}

/// Which ConfigMaps and Secrets are to be watched, each by its name and as long as a pod needs it: a node may see no others.
/// Pure; someone else watches.
struct PodSources: Sendable {
    private var users: [PodSource: Set<String>] = [:]
    private var sources: [String: Set<PodSource>] = [:]

    /// - Returns: those that nobody needed before.
    mutating func add(_ pod: Pod) -> Set<PodSource> {
        let needed = PodVolumes.sources(of: pod)
        var fresh: Set<PodSource> = []
        for source in needed where users[source, default: []].insert(pod.uid).inserted && users[source]?.count == 1 { fresh.insert(source) }
        sources[pod.uid, default: []].formUnion(needed)
        return fresh
    }

    /// - Returns: those that nobody needs any more.
    mutating func remove(uid: String) -> Set<PodSource> {
        var idle: Set<PodSource> = []
        for source in sources.removeValue(forKey: uid) ?? [] {
            users[source]?.remove(uid)
            guard users[source]?.isEmpty == true else { continue }
            users[source] = nil
            idle.insert(source)
        }
        return idle
    }

    /// The uids of pods that are made from it.
    func users(of source: PodSource) -> Set<String> { users[source] ?? [] }
}
