import ClusterObjects

/// Finds the volume for a claim: the smallest that is large enough and fits in class, mode, access and labels; one that names the
/// claim goes before all others.
enum VolumeMatch {
    static func best(for claim: APIObject, among volumes: [APIObject]) -> APIObject? {
        let fitting = volumes.filter { fits($0, claim) }
        if let reserved = fitting.first(where: { refers($0, to: claim) }) { return reserved }
        return fitting.filter { $0.spec?["claimRef"] == nil && $0.status?["phase"]?.string == "Available" }
            .min { left, right in
                let (a, b) = (capacity(left), capacity(right))
                return a != b ? a < b : left.name < right.name
            }
    }

    static func fits(_ volume: APIObject, _ claim: APIObject) -> Bool {
        guard !volume.isBeingDeleted, let want = claim.spec, let have = volume.spec else { return false }
        if let reference = have["claimRef"], reference.isObject, !refers(volume, to: claim) { return false }
        let modes = have["accessModes"]?.strings ?? []
        let request = want["resources"]?["requests"]?["storage"]?.string.flatMap { Quantity($0) } ?? .zero
        return (want["accessModes"]?.strings ?? []).allSatisfy(modes.contains)
            && (want["storageClassName"]?.string ?? "") == (have["storageClassName"]?.string ?? "")
            && (want["volumeMode"]?.string ?? "Filesystem") == (have["volumeMode"]?.string ?? "Filesystem")
            && (want["selector"].map { LabelSelector($0).matches(volume.labels) } ?? true)
            && capacity(volume) >= request
    }

    /// Whether the volume is reserved for that claim.
    static func refers(_ volume: APIObject, to claim: APIObject) -> Bool {
        guard let reference = volume.spec?["claimRef"], reference["name"]?.string == claim.name,
            reference["namespace"]?.string == claim.namespace
        else { return false }
        let uid = reference["uid"]?.string ?? ""
        return uid.isEmpty || uid == claim.uid
    }

    private static func capacity(_ volume: APIObject) -> Quantity {
        volume.spec?["capacity"]?["storage"]?.string.flatMap { Quantity($0) } ?? .zero
    }
}
