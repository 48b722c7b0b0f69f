import ClusterAPI
import ClusterObjects

/// Only who may delete an object says who owns it, and only who may delete the owner lets its deletion wait.
/// Source: plugin/pkg/admission/gc.
struct OwnerReferenceEnforcement: AdmissionPlugin {
    let name = "OwnerReferencesPermissionEnforcement"

    func validate(_ object: Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        let target = request.target
        if target.resource.groupResource == GroupResource("", "pods"), target.subresource == "status" { return }
        let owners = references(object)
        let before = old.map(references) ?? []
        guard owners != before else { return }
        let user = request.context.user
        let deletion = AccessRequest(
            user, "delete", group: target.resource.group, resource: target.resource.plural, subresource: target.subresource,
            namespace: target.namespace, name: target.name)
        if let reason = refusal(deletion, request) {
            throw forbidden(request, "cannot set an ownerRef on a resource you can't delete: \(reason), <nil>")
        }
        for owner in owners where isBlocking(owner) {
            if before.contains(where: { $0["uid"] == owner["uid"] && isBlocking($0) }) { continue }
            try checkBlocking(owner, request)
        }
    }

    private func checkBlocking(_ owner: Value, _ request: AdmissionRequest) throws(APIError) {
        let apiVersion = owner["apiVersion"]?.string ?? ""
        let kind = owner["kind"]?.string ?? ""
        guard let version = GroupVersion(apiVersion: apiVersion),
            let resource = request.server.registry.resource(GroupVersionKind(version.group, version.version, kind))
        else {
            throw forbidden(
                request,
                "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion \(apiVersion) Kind \(kind): no matches for kind \(GoQuoted.text(kind)) in version \(GoQuoted.text(apiVersion))"
            )
        }
        let update = AccessRequest(
            request.context.user, "update", group: resource.group, resource: resource.plural, subresource: "finalizers",
            namespace: resource.isNamespaced ? request.target.namespace : "", name: owner["name"]?.string ?? "")
        if let reason = refusal(update, request) {
            throw forbidden(
                request,
                "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: \(reason), <nil>")
        }
    }

    private func references(_ object: Value) -> [Value] { object[path: "metadata", "ownerReferences"]?.array ?? [] }
    private func isBlocking(_ reference: Value) -> Bool { reference["blockOwnerDeletion"]?.bool == true }

    /// Why it is not allowed; nil when it is.
    private func refusal(_ access: AccessRequest, _ request: AdmissionRequest) -> String? {
        switch request.server.authorizer.decide(access) {
        case .allow: nil
        case .deny(let reason), .noOpinion(let reason): reason
        }
    }

    private func forbidden(_ request: AdmissionRequest, _ why: String) -> APIError {
        .forbidden(request.target.resource.groupResource, request.target.name, why)
    }
}
