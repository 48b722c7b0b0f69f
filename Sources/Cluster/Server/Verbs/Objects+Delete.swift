import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension APIServer {
    /// Removes an object, or marks it for removal when finalizers or a grace period hold it.
    func delete(_ target: Target, _ options: DeleteOptions, _ context: RequestContext) async throws(APIError) -> DeleteResult {
        let resource = target.resource
        // As this request marked it for removal at once, which whoever runs it may do first.
        var marked: (object: StoredObject, uid: String)?
        while true {
            let stored: StoredObject
            do { stored = try self.stored(target) } catch {
                if let marked, error.isNotFound { return result(of: marked.object, uid: marked.uid, resource) }
                throw error
            }
            let old = ObjectBytes.object(stored, as: resource.gvk).draft
            let uid = old[path: "metadata", "uid"]?.string ?? ""
            if let marked, marked.uid != uid { return result(of: marked.object, uid: marked.uid, resource) }
            if marked == nil { try checkPreconditions(options, uid: uid, revision: stored.revision, target) }
            try admission.validateDelete(old, AdmissionRequest(target: target, context: context, server: self))
            var new = old
            new[path: "metadata", "resourceVersion"] = nil
            let wasMarked = Deletion.mark(&new, options, resource, context.now)
            let bytes = ObjectBytes.stored(new)
            if !wasMarked, !context.options.dryRun {
                // Before the write: a watcher that sees it asks at once.
                deletions.note(
                    collection(resource), target.path, DeletionRecord(user: context.user.name, time: context.now.wholeSeconds))
            }
            do {
                guard Metadata.isReadyToGo(new) else {
                    if bytes == stored.bytes {
                        return DeleteResult(written: .stored(stored, resource.gvk), uid: uid, isPending: wasMarked)
                    }
                    let object = try await write(.update(bytes, expecting: stored.revision), target, context)
                    return DeleteResult(written: .stored(object, resource.gvk), uid: uid, isPending: true)
                }
                var last = stored
                if resource.rules.isDeletedGracefully, bytes != stored.bytes {
                    // Watchers first see it marked.
                    last = try await write(.update(bytes, expecting: stored.revision), target, context)
                    if !context.options.dryRun { marked = (last, uid) }
                }
                let object = try await write(.delete(expecting: last.revision), target, context)
                if !context.options.dryRun { allocator.release(old, resource) }
                return result(of: object, uid: uid, resource)
            } catch {
                guard marked == nil else {
                    if error.isConflict || error.isNotFound { continue }
                    throw error
                }
                guard error.isConflict, options.resourceVersion.isEmpty else { throw error }
            }
        }
    }

    /// Of one that is gone. Some kinds answer with the object, the others with a Status.
    private func result(of object: StoredObject, uid: String, _ resource: Resource) -> DeleteResult {
        let answers = resource.rules.isDeletedGracefully || resource.answersDeletionWithObject
        return DeleteResult(written: answers ? .stored(object, resource.gvk) : nil, uid: uid)
    }

    private func checkPreconditions(
        _ options: DeleteOptions, uid: String, revision: Revision, _ target: Target
    ) throws(APIError) {
        let kind = GroupResource(target.resource.group, target.resource.kind)
        if !options.uid.isEmpty, options.uid != uid {
            throw .conflict(
                kind, target.name,
                "the UID in the precondition (\(options.uid)) does not match the UID in record (\(uid)). The object might have been deleted and then recreated"
            )
        }
        if !options.resourceVersion.isEmpty, options.resourceVersion != String(revision) {
            throw .conflict(
                kind, target.name,
                "the ResourceVersion in the precondition (\(options.resourceVersion)) does not match the ResourceVersion in record (\(revision)). The object might have been modified"
            )
        }
    }

    /// Deletes every object that a list with these options would give; the objects as they were.
    func deleteCollection(
        _ target: Target, _ list: ListOptions, _ options: DeleteOptions, _ context: RequestContext
    ) async throws(APIError) -> Page {
        let page = try self.list(target, list)
        for object in page.objects {
            var one = target
            let parts = object.path.split(separator: "/", maxSplits: 1)
            if parts.count == 2, target.resource.isNamespaced {
                one.namespace = String(parts[0])
                one.name = String(parts[1])
            } else {
                one.name = object.path
            }
            do { _ = try await delete(one, options, context) } catch  where error.isNotFound { continue }
        }
        return page
    }
}

/// How an object is marked for deletion. Source: k8s.io/apiserver/pkg/registry/rest/delete.go, registry/generic/registry/store.go.
enum Deletion {
    /// Sets deletion time, grace period and the finalizers that the propagation policy asks for. Returns whether it was marked before.
    static func mark(_ object: inout Value, _ options: DeleteOptions, _ resource: Resource, _ now: Timestamp) -> Bool {
        let wasMarked = object[path: "metadata", "deletionTimestamp"]?.string != nil
        var finalizers = object[path: "metadata", "finalizers"]?.strings ?? []
        let policy = options.propagationPolicy.isEmpty ? "" : options.propagationPolicy
        if !policy.isEmpty || (resource.rules.defaultPropagation == "orphan" && !wasMarked) {
            let wanted = policy.isEmpty ? "Orphan" : policy
            finalizers.removeAll { $0 == "orphan" || $0 == "foregroundDeletion" }
            if wanted == "Orphan" { finalizers.append("orphan") }
            if wanted == "Foreground" { finalizers.append("foregroundDeletion") }
            object[path: "metadata", "finalizers"] = finalizers.isEmpty ? nil : Value(finalizers)
        }
        let grace = gracePeriod(object, options, resource)
        if wasMarked {
            let current = object[path: "metadata", "deletionGracePeriodSeconds"]?.int ?? 0
            // A grace period is only ever made shorter.
            if grace < current {
                let started = object[path: "metadata", "deletionTimestamp"]?.string.flatMap { Timestamp($0) } ?? now
                object[path: "metadata", "deletionTimestamp"] = .string((started + Double(grace - current)).wholeSeconds.description)
                object[path: "metadata", "deletionGracePeriodSeconds"] = Value(grace)
            }
            return true
        }
        object[path: "metadata", "deletionTimestamp"] = .string((now + Double(grace)).wholeSeconds.description)
        if resource.groupResource == Definitions.collection {
            AcceptedNames.markForDeletion(&object, now: now.wholeSeconds)
            return false
        }
        if resource.groupResource == GroupResource("", "namespaces") {
            object[path: "status", "phase"] = "Terminating"
            return false
        }
        object[path: "metadata", "deletionGracePeriodSeconds"] = Value(grace)
        if resource.rules.hasGeneration, let generation = object[path: "metadata", "generation"]?.int, generation > 0 {
            object[path: "metadata", "generation"] = Value(generation + 1)
        }
        return false
    }

    /// Pods: as asked, else as their spec says; none when not yet on a node, or finished. Others: none.
    private static func gracePeriod(_ object: Value, _ options: DeleteOptions, _ resource: Resource) -> Int {
        guard resource.rules.isDeletedGracefully else { return 0 }
        if (object[path: "spec", "nodeName"]?.string ?? "").isEmpty { return 0 }
        let phase = object[path: "status", "phase"]?.string
        if phase == "Failed" || phase == "Succeeded" { return 0 }
        let asked = options.gracePeriodSeconds ?? object[path: "spec", "terminationGracePeriodSeconds"]?.int ?? 30
        return max(0, asked)
    }
}

extension Resource {
    /// Kinds whose deletion answers with the object even when it is gone at once. Source: ReturnDeletedObject in pkg/registry/core.
    var answersDeletionWithObject: Bool {
        if group == "storage.k8s.io" { return ["csidrivers", "csinodes", "storageclasses", "volumeattachments"].contains(plural) }
        return ["pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims", "podtemplates", "resourcequotas"]
            .contains(plural) && group.isEmpty
    }
}
