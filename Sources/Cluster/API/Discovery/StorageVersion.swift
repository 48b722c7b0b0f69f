import ClusterObjects
import Crypto

/// What a client may compare to find out whether a resource's stored form has changed.
enum StorageVersion {
    /// `storageVersionHash` of discovery: the start of the SHA-256 of group, version and kind as stored; nil of what is not stored.
    /// Source: k8s.io/apiserver/pkg/endpoints/discovery.
    static func hash(_ resource: Resource) -> String? {
        guard resource.verbs.contains("get"), resource.verbs.contains("create") else { return nil }
        let stored = storedAs[resource.gvr] ?? resource.storedAs?.groupVersion ?? resource.gvk.groupVersion
        let digest = SHA256.hash(data: Array("\(stored.group)/\(stored.version)/\(resource.kind)".utf8))
        return base64(Array(digest.prefix(8)))
    }

    /// Resources that kube-apiserver keeps in a version that is not served.
    private static let storedAs: [GroupVersionResource: GroupVersion] = [
        GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions"): GroupVersion("apiextensions.k8s.io", "v1beta1"),
        GroupVersionResource("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies"):
            GroupVersion("admissionregistration.k8s.io", "v1beta1"),
        GroupVersionResource("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings"):
            GroupVersion("admissionregistration.k8s.io", "v1beta1"),
    ]

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0..<4 {
                text.append(position <= group.count ? digits[bits >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
