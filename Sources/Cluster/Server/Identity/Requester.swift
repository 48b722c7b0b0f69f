import ClusterAPI
import ClusterObjects

/// Writes down who asks, in kinds that carry it.
enum Requester {
    /// A signing request is its creator's: pkg/registry/certificates, csrStrategy.PrepareForCreate.
    static func note(_ user: UserInfo, in object: inout Value, _ resource: Resource) {
        guard resource.group == "certificates.k8s.io", resource.plural == "certificatesigningrequests" else { return }
        object["spec", default: .emptyObject].editFields { spec in
            spec["username"] = .string(user.name)
            spec["uid"] = user.uid.isEmpty ? nil : .string(user.uid)
            spec["groups"] = user.groups.isEmpty ? nil : Value(user.groups)
            spec["extra"] = user.extra.isEmpty ? nil : .object(Fields(user.extra.map { ($0.key, Value($0.value)) }))
        }
    }
}
