import ClusterObjects
import Glibc

/// A pod's volumes: where each is, and what is written into those that skiff writes.
struct PodVolumes: Sendable {
    let pod: Pod
    let directory: PodDirectory
    let reader: ClusterReader

    /// A volume that cannot be made, named as kubelet's events name it.
    struct MountError: Error, Sendable, CustomStringConvertible {
        var volume: String
        var reason: String
        var description: String { "MountVolume.SetUp failed for volume \"\(volume)\" : \(reason)" }
    }

    /// Where a volume is for the shim to mount.
    func source(of volume: Tree) -> String {
        if let path = volume["hostPath"]?["path"]?.string { return path }
        return isInMemory(volume) ? "\(directory.path)/memory/vol-\(volume.name)" : "\(directory.path)/volumes/\(volume.name)"
    }

    private func isInMemory(_ volume: Tree) -> Bool {
        PodVolumes.written.contains { volume[$0] != nil } || volume["emptyDir"]?["medium"]?.string == "Memory"
    }

    /// Kinds of volumes whose files skiff writes: into memory, never to disk.
    static let written = ["configMap", "secret", "downwardAPI", "projected"]

    /// The ConfigMaps and Secrets that the pod is made from.
    static func sources(of pod: Pod) -> Set<PodSource> {
        var result: Set<PodSource> = []
        func add(_ kind: PodSource.Kind, _ name: String?) {
            if let name, !name.isEmpty { result.insert(PodSource(kind: kind, namespace: pod.namespace, name: name)) }
        }
        func add(_ source: Tree) {
            add(.configMap, (source["configMap"] ?? source["configMapRef"] ?? source["configMapKeyRef"])?.name)
            add(.secret, source["secret"].map { $0["secretName"]?.string ?? $0.name })
            add(.secret, (source["secretRef"] ?? source["secretKeyRef"])?.name)
        }
        for volume in pod.volumes {
            add(volume)
            for source in volume["projected"]?["sources"].map({ Array($0.elements) }) ?? [] { add(source) }
        }
        for container in pod.allContainers {
            for source in container["envFrom"].map({ Array($0.elements) }) ?? [] { add(source) }
            for entry in container["env"].map({ Array($0.elements) }) ?? [] { if let from = entry["valueFrom"] { add(from) } }
        }
        return result
    }

    /// Whether files of the pod say its labels or annotations, which may change while it runs.
    static func tellsMetadata(_ pod: Pod) -> Bool {
        pod.volumes.contains { volume in
            volume["downwardAPI"] != nil || volume["projected"]?["sources"]?.elements.contains { $0["downwardAPI"] != nil } == true
        }
    }

    /// How long the shortest-lived token in the pod's volumes is good; nil when there is none.
    static func tokenSeconds(of pod: Pod) -> Double? {
        pod.volumes.flatMap { $0["projected"]?["sources"].map { Array($0.elements) } ?? [] }
            .compactMap { $0["serviceAccountToken"].map { Double(clamping: $0["expirationSeconds"]?.int ?? 3600) } }.min()
    }

    /// Makes what is on disk, checks what is the host's, and reads what goes into memory.
    /// - Throws: ``MountError``.
    func prepare(_ fields: PodFields) async throws -> [String: VolumeFiles] {
        var files: [String: VolumeFiles] = [:]
        for volume in pod.volumes {
            do {
                if PodVolumes.written.contains(where: { volume[$0] != nil }) {
                    files[volume.name] = try await VolumeContents(reader: reader, fields: fields).files(of: volume)
                } else if volume["emptyDir"] != nil {
                    if !isInMemory(volume) {
                        try TextFile.makeDirectory(source(of: volume))
                        chmod(source(of: volume), 0o777)
                    }
                } else if let host = volume["hostPath"] {
                    try checkHostPath(host)
                } else {
                    let kind = volume.fields.map(\.key).first { $0 != "name" } ?? "none"
                    throw ConfigError("this node has no volumes of the kind \(kind)")
                }
            } catch {
                throw MountError(volume: volume.name, reason: "\(error)")
            }
        }
        return files
    }

    /// Puts what was read into the shim's memory.
    func write(_ files: [String: VolumeFiles]) async throws {
        for volume in pod.volumes where isInMemory(volume) {
            if let content = files[volume.name] {
                try await directory.client.write(volume: "vol-\(volume.name)", content)
            } else {
                try await directory.client.makeFolder("vol-\(volume.name)")
            }
        }
    }

    private func checkHostPath(_ host: Tree) throws {
        let path = host["path"]?.string ?? ""
        let type = host["type"]?.string ?? ""
        var facts = stat()
        let isThere = stat(path, &facts) == 0
        let kind = isThere ? facts.st_mode & S_IFMT : 0
        switch type {
        case "DirectoryOrCreate" where !isThere: try TextFile.makeDirectory(path, mode: 0o755)
        case "FileOrCreate" where !isThere: try TextFile.write([], to: path, mode: 0o644)
        case "Directory", "DirectoryOrCreate":
            if kind != S_IFDIR { throw ConfigError("hostPath type check failed: \(path) is not a directory") }
        case "File", "FileOrCreate":
            if kind != S_IFREG { throw ConfigError("hostPath type check failed: \(path) is not a file") }
        case "Socket": if kind != S_IFSOCK { throw ConfigError("hostPath type check failed: \(path) is not a socket file") }
        case "CharDevice": if kind != S_IFCHR { throw ConfigError("hostPath type check failed: \(path) is not a character device") }
        case "BlockDevice": if kind != S_IFBLK { throw ConfigError("hostPath type check failed: \(path) is not a block device") }
        default: if !isThere { try TextFile.makeDirectory(path, mode: 0o755) }
        }
    }
}
