import ClusterObjects

/// Makes pods from pod templates.
enum PodTemplate {
    /// A pod to create: the template's labels, annotations, finalizers and spec, owned by `owner`.
    static func pod(
        _ template: Value, owner: APIObject, apiVersion: String, kind: String, generateName: String? = nil, name: String? = nil
    ) -> Value {
        var metadata: Value = [
            "namespace": Value(owner.namespace),
            "ownerReferences": [OwnerReference(controller: owner, apiVersion: apiVersion, kind: kind).value],
        ]
        if let name { metadata["name"] = Value(name) } else { metadata["generateName"] = Value(generateName ?? "\(owner.name)-") }
        for field in ["labels", "annotations", "finalizers"] {
            if let value = template[path: "metadata", field], !value.isNull { metadata[field] = value }
        }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] ?? .emptyObject]
    }
}

/// FNV-1a, 32 bits, written in the letters Kubernetes allows in generated names.
enum SafeHash {
    static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

    static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes {
            hash ^= UInt32(byte)
            hash = hash &* 16_777_619
        }
        return hash
    }

    /// Digits of the number, each as a letter that spells no words.
    static func encode(_ hash: UInt32) -> String {
        String(String(hash).utf8.map { alphabet[Int($0) % alphabet.count] })
    }

    /// The hash of a pod template; `collisions` makes another one of the same.
    static func template(_ template: Value, collisions: Int?) -> String {
        var bytes = template.json
        if let collisions { bytes += Array(String(collisions).utf8) }
        return encode(fnv1a(bytes))
    }
}
