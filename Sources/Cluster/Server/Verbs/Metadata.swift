import ClusterAPI
import ClusterObjects

/// What the server does to `metadata` of every kind. Source: k8s.io/apiserver/pkg/registry/rest.
enum Metadata {
    /// Names in the body against those in the path.
    static func checkRequest(_ object: Value, _ target: Target, isCreate: Bool) throws(APIError) {
        let name = object[path: "metadata", "name"]?.string ?? ""
        let namespace = object[path: "metadata", "namespace"]?.string ?? ""
        if target.resource.isNamespaced, !namespace.isEmpty, namespace != target.namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        if !isCreate, !target.name.isEmpty, name != target.name {
            if name.isEmpty {
                throw .badRequest(
                    "the name of the object (\(target.name) based on URL) was undeterminable: name must be provided")
            }
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(target.name))")
        }
        if isCreate, let version = object[path: "metadata", "resourceVersion"]?.string, !version.isEmpty, version != "0" {
            throw .plainError("resourceVersion should not be set on objects to be created")
        }
    }

    /// A PUT that names an object's uid means that object and no other.
    static func checkIdentity(_ new: Value, _ old: Value, _ target: Target) throws(APIError) {
        guard let uid = new[path: "metadata", "uid"]?.string, !uid.isEmpty, let current = old[path: "metadata", "uid"]?.string,
            uid != current
        else { return }
        throw .conflict(target.resource.groupResource, target.name, APIError.uidMismatch(target, uid, current))
    }

    static func needsGeneratedName(_ object: Value) -> Bool {
        (object[path: "metadata", "name"]?.string ?? "").isEmpty
            && !(object[path: "metadata", "generateName"]?.string ?? "").isEmpty
    }

    static func prepareForCreate(_ object: inout Value, _ target: inout Target, _ context: RequestContext) {
        object["apiVersion"] = .string(target.resource.apiVersion)
        object["kind"] = .string(target.resource.kind)
        var metadata = object["metadata"] ?? .emptyObject
        for field in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            metadata[field] = nil
        }
        if target.resource.isNamespaced, !target.namespace.isEmpty { metadata["namespace"] = .string(target.namespace) }
        if let name = metadata["name"]?.string, !name.isEmpty { target.name = name }
        metadata["uid"] = .string(Identifiers.uid())
        metadata["creationTimestamp"] = .string(context.now.wholeSeconds.description)
        object["metadata"] = metadata
    }

    /// What no request changes is as it was; a missing value of it counts as unchanged.
    static func prepareForUpdate(_ new: inout Value, old: Value, _ target: Target) {
        let before = old["metadata"] ?? .emptyObject
        new["metadata", default: .emptyObject].editFields { metadata in
            for field in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"] {
                metadata[field] = before[field]
            }
            // Another one is refused by the rules of metadata.
            if (metadata["uid"]?.string ?? "").isEmpty { metadata["uid"] = before["uid"] }
            metadata["resourceVersion"] = nil
            if target.resource.isNamespaced, metadata["namespace"] == nil { metadata["namespace"] = before["namespace"] }
            if target.subresource == "status", target.resource.isCustom {
                let managed = metadata["managedFields"]
                metadata = before.object ?? Fields()
                metadata["managedFields"] = managed
                metadata["resourceVersion"] = nil
            }
        }
    }

    /// A write that changes nothing but times of managedFields changes nothing.
    static func keepTimes(_ new: inout Value, old: Value) {
        var before = old
        before[path: "metadata", "resourceVersion"] = nil
        FieldManager.keepTimes(&new, old: before)
    }

    /// Counts a change of what the kind's generation counts: anything but metadata and status.
    static func countGeneration(_ new: inout Value, old: Value, _ resource: Resource, _ subresource: String) {
        guard resource.rules.hasGeneration || resource.isCustom else { return }
        func counted(_ object: Value) -> Value {
            var copy = object
            copy["metadata"] = nil
            copy["status"] = nil
            return copy
        }
        let generation = old[path: "metadata", "generation"]?.int ?? 0
        // Annotations of Deployments are what their rollouts are told by.
        let isAnnotated =
            resource.kind == "Deployment" && resource.group == "apps" && subresource.isEmpty
            && new[path: "metadata", "annotations"] != old[path: "metadata", "annotations"]
        if isAnnotated || counted(new) != counted(old) { new[path: "metadata", "generation"] = .int(Int64(generation) + 1) }
    }

    /// Marked for deletion with nothing left to wait for.
    static func isReadyToGo(_ object: Value) -> Bool {
        let metadata = object["metadata"] ?? .emptyObject
        guard metadata["deletionTimestamp"]?.string != nil else { return false }
        return (metadata["finalizers"]?.array ?? []).isEmpty && (metadata["deletionGracePeriodSeconds"]?.int ?? 0) == 0
            && (object["kind"]?.string != "Namespace" || (object[path: "spec", "finalizers"]?.array ?? []).isEmpty)
    }
}
