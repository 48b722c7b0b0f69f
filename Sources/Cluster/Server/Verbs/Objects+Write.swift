import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import Foundation

extension APIServer {
    func get(_ target: Target) throws(APIError) -> Written {
        switch target.subresource {
        case "scale": return .made(try Scale.read(try stored(target), target))
        default: return .stored(try stored(target), target.resource.gvk)
        }
    }

    // MARK: - Create

    /// Decodes, defaults, admits, validates and stores a new object; for a subresource, does what it stands for.
    func create(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        if !target.subresource.isEmpty { return try await createSubresource(target, body, context) }
        if target.resource.gvr == GroupVersionResource("", "v1", "bindings"), let pods = registry.resource(.pods) {
            let name = body[path: "metadata", "name"]?.string ?? ""
            return try await bind(Target(pods, namespace: target.namespace, name: name, subresource: "binding"), body, context)
        }
        if let review = try await Reviews.answer(target, body, context, self) { return WriteResult(written: .made(review)) }
        let value = try decode(body, target, context)
        return try await create(value, target, context)
    }

    /// The same for a decoded object.
    /// - Parameter tracks: whether managedFields are yet to be kept (apply has done so).
    func create(
        _ decoded: Value, _ target: Target, _ context: RequestContext, tracks: Bool = true
    ) async throws(APIError) -> WriteResult {
        let resource = target.resource
        // Also by way of PUT and apply: its definition would wait for the new object for ever.
        guard !resource.isCustom || resource.verbs.contains("create") else {
            throw APIError(
                code: 405, reason: "MethodNotAllowed", message: "create not allowed while custom resource definition is terminating",
                details: ["group": .string(resource.group), "kind": .string(resource.plural)])
        }
        var object = decoded
        var target = target
        try Metadata.checkRequest(object, target, isCreate: true)
        try EscalationCheck.check(object, old: nil, target, context.user, self)
        Metadata.prepareForCreate(&object, &target, context)
        var attempt = 0
        while true {
            var candidate = object
            if Metadata.needsGeneratedName(object) {
                let name = Identifiers.name(object[path: "metadata", "generateName"]?.string ?? "")
                candidate[path: "metadata", "name"] = .string(name)
                target.name = name
            }
            resource.rules.setDefaults(&candidate)
            SchemaDefaults.fill(&candidate, resource.schema)
            let filled = candidate
            if tracks {
                candidate = fieldManager(target).update(
                    candidate, old: nil, manager: context.fieldManager, now: context.now.wholeSeconds)
            }
            resource.rules.prepareForCreate(&candidate)
            Requester.note(context.user, in: &candidate, resource)
            // A status that was reset has its zero values.
            SchemaDefaults.fill(&candidate, resource.schema, since: filled)
            try admission.admit(&candidate, old: nil, AdmissionRequest(target: target, context: context, server: self))
            let allocation = try allocator.allocate(&candidate, old: nil, target)
            defer { allocation.settle() }
            if resource.rules.hasGeneration || resource.isCustom { candidate[path: "metadata", "generation"] = 1 }
            var problems = MetadataRules.validate(new: candidate, resource: resource) + resource.rules.validate(candidate)
            if problems.isEmpty { problems = unenforcedProblems(candidate, old: nil, resource) }
            if !problems.isEmpty {
                throw .invalid(group: resource.group, kind: resource.kind, name: target.name, problems)
            }
            let request = AdmissionRequest(target: target, context: context, server: self)
            try admission.validate(candidate, old: nil, request)
            context.warn(resource.rules.warnings(candidate, nil))
            let charge = try await quotas.reserve(candidate, old: nil, request)
            do {
                let object = try await write(.create(ObjectBytes.stored(atRest(candidate, resource))), target, context)
                allocation.keep()
                await quotas.commit(charge, self)
                return WriteResult(written: .stored(object, resource.gvk), isCreated: true)
            } catch {
                quotas.cancel(charge)
                guard error.isAlreadyExists, !(decoded[path: "metadata", "generateName"]?.string ?? "").isEmpty else { throw error }
                // A generated name that is taken: another one.
                attempt += 1
                guard Metadata.needsGeneratedName(decoded), attempt < 8 else { throw error.notUnique }
            }
        }
    }

    /// Stores a change, or for a dry run says what would be stored.
    func write(_ change: Change, _ target: Target, _ context: RequestContext) async throws(APIError) -> StoredObject {
        let collection = collection(target.resource)
        if context.options.dryRun {
            switch change {
            case .create(let bytes):
                if let existing = store.get(collection, target.path) { throw apiError(.exists(existing), target) }
                return StoredObject(path: target.path, bytes: bytes, revision: 0, createRevision: 0)
            case .update(let bytes, let expected):
                return StoredObject(path: target.path, bytes: bytes, revision: expected, createRevision: 0)
            case .delete: return try stored(target)
            }
        }
        let object: StoredObject
        do { object = try await store.write(change.stored(of: target.resource), to: collection, target.path) } catch {
            throw apiError(error, target)
        }
        if target.resource.isCustom || collection == Definitions.collection { await definitions.noteWrite(change, target, self) }
        unenforced.note(target.resource, target.path, self)
        return object.served(as: target.resource)
    }

    /// What is stored of an object: where another version keeps it, what that one knows.
    private func atRest(_ object: Value, _ resource: Resource) -> Value {
        guard let schema = resource.storedSchema else { return object }
        return CustomObjectDecoder.prune(object, schema)
    }

    /// A body as an object of the target's kind: types checked, unknown fields pruned, refused or warned of.
    func decode(_ body: Tree, _ target: Target, _ context: RequestContext) throws(APIError) -> Value {
        let resource = target.resource
        try BodyKind.check(body, resource.gvk, in: registry)
        if body.isNull { return .emptyObject }
        let decoded =
            resource.isCustom
            ? try CustomObjectDecoder.decode(body, resource)
            : try ObjectDecoder.decode(body, schema: resource.schema, kind: resource.kind, version: resource.version)
        switch context.options.fieldValidation {
        case "Strict":
            if let error = ObjectDecoder.strictError(decoded.strictProblems, kind: resource.kind, version: resource.version) { throw error }
        case "Ignore": break
        default: context.warn(decoded.strictProblems)
        }
        return decoded.value
    }

    // MARK: - Update

    func update(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        if target.subresource == "scale" { return try await updateScale(target, body, context) }
        let decoded = try decode(body, target, context)
        try Metadata.checkRequest(decoded, target, isCreate: false)
        if target.subresource.isEmpty, target.resource.rules.allowsCreateOnUpdate,
            store.get(collection(target.resource), target.path) == nil
        {
            try authorize(AccessRequest(context.user, "create", target))
            return try await create(decoded, target, context)
        }
        let version = decoded[path: "metadata", "resourceVersion"]?.string ?? ""
        if version.isEmpty, !target.resource.rules.allowsUnconditionalUpdate {
            let resource = target.resource
            throw .invalid(
                group: resource.group, kind: resource.plural, name: target.name,
                [.invalid(FieldPath("metadata", "resourceVersion"), 0, "must be specified for an update")])
        }
        return try await mutate(target, context) { old, _ throws(APIError) in
            try Metadata.checkIdentity(decoded, old, target)
            return decoded
        }
    }

    /// Reads the object, has it changed, and stores the result when nobody else has changed it; else starts again, unless the changed
    /// object names a resourceVersion.
    func mutate(
        _ target: Target, _ context: RequestContext, tracks: Bool = true,
        _ change: @Sendable (_ old: Value, _ stored: StoredObject) throws(APIError) -> Value
    ) async throws(APIError) -> WriteResult {
        let resource = target.resource
        var attempt = 0
        while true {
            let stored = try stored(target)
            let old = ObjectBytes.object(stored, as: resource.gvk).draft
            var new = try change(old, stored)
            try EscalationCheck.check(new, old: old, target, context.user, self)
            let version = new[path: "metadata", "resourceVersion"]?.string ?? ""
            if !version.isEmpty, version != "0", version != String(stored.revision) {
                throw .modified(resource.groupResource, target.name)
            }
            let allocation = try prepare(&new, old: old, target, context, tracks: tracks)
            defer { allocation.settle() }
            let bytes = ObjectBytes.stored(atRest(new, resource))
            if bytes == stored.bytes { return WriteResult(written: .stored(stored, resource.gvk)) }
            let request = AdmissionRequest(target: target, context: context, server: self)
            let charge = try await quotas.reserve(new, old: old, request)
            do {
                if Metadata.isReadyToGo(new) {
                    quotas.cancel(charge)
                    var object = try await write(.delete(expecting: stored.revision), target, context)
                    if !context.options.dryRun { allocator.release(new, resource) }
                    object.bytes = bytes
                    // Answered as the change that let it go, which was never stored.
                    object.revision = stored.revision
                    return WriteResult(written: .stored(object, resource.gvk))
                }
                let object = try await write(.update(bytes, expecting: stored.revision), target, context)
                allocation.keep()
                await quotas.commit(charge, self)
                return WriteResult(written: .stored(object, resource.gvk))
            } catch {
                quotas.cancel(charge)
                attempt += 1
                guard error.isConflict, version.isEmpty || version == "0", attempt < 50 else { throw error }
            }
        }
    }

    /// Everything between a changed object and the store.
    private func prepare(
        _ new: inout Value, old: Value, _ target: Target, _ context: RequestContext, tracks: Bool
    ) throws(APIError) -> ServiceAllocator.Allocation {
        let resource = target.resource
        let request = AdmissionRequest(target: target, context: context, server: self)
        new["apiVersion"] = .string(resource.apiVersion)
        new["kind"] = .string(resource.kind)
        resource.rules.setDefaults(&new)
        SchemaDefaults.fill(&new, resource.schema)
        if tracks {
            new = fieldManager(target).update(new, old: old, manager: context.fieldManager, now: context.now.wholeSeconds)
        }
        Metadata.prepareForUpdate(&new, old: old, target)
        resource.rules.prepareForUpdate(&new, old, target.subresource)
        try admission.admit(&new, old: old, request)
        let allocation = try allocator.allocate(&new, old: old, target)
        Metadata.countGeneration(&new, old: old, resource, target.subresource)
        Metadata.keepTimes(&new, old: old)
        var problems =
            MetadataRules.validateUpdate(new: new, old: old, resource: resource)
            + resource.rules.validateUpdate(new, old, target.subresource)
        if problems.isEmpty { problems = unenforcedProblems(new, old: old, resource) }
        if !problems.isEmpty {
            allocation.settle()
            throw .invalid(group: resource.group, kind: resource.kind, name: target.name, problems)
        }
        try admission.validate(new, old: old, request)
        if target.subresource.isEmpty { context.warn(resource.rules.warnings(new, old)) }
        return allocation
    }

    // MARK: - Patch

    func patch(_ target: Target, _ patch: Patch, _ context: RequestContext) async throws(APIError) -> WriteResult {
        if target.subresource == "scale" { return try await patchScale(target, patch, context) }
        if patch.kind == .apply { return try await apply(target, patch, context) }
        return try await mutate(target, context) { old, _ throws(APIError) in
            let patched = try self.patched(old, patch, target.resource.schema, target)
            var new = try self.decodePatched(patched, old, patch, target, context)
            // What the patch did not set is what was read: no condition.
            if new[path: "metadata", "resourceVersion"] == old[path: "metadata", "resourceVersion"] {
                new[path: "metadata", "resourceVersion"] = nil
            }
            try Metadata.checkRequest(new, target, isCreate: false)
            return new
        }
    }

    /// The result of a patch as an object. One that does not fit the kind is a bad patch.
    private func decodePatched(
        _ patched: Value, _ old: Value, _ patch: Patch, _ target: Target, _ context: RequestContext
    ) throws(APIError) -> Value {
        var new: Value
        do throws(APIError) {
            // A kind of its own is what it is read as first.
            if let kind = patched["kind"]?.string, kind != target.resource.kind,
                let other = registry.resource(GroupVersionKind(target.resource.group, target.resource.version, kind)), !other.isCustom
            {
                _ = try ObjectDecoder.decode(patched.tree, schema: other.schema, kind: kind, version: other.version)
            }
            new = try decode(patched.tree, target, context)
        } catch {
            guard error.code == 400, let handled = error.message.range(of: " cannot be handled as a "),
                let colon = error.message[handled.upperBound...].range(of: ": ")
            else { throw error }
            let shown =
                patch.kind == .strategic
                ? PatchedText.strategic(patch.body) : PatchedText.json(patched, before: old, schema: target.resource.schema)
            throw .invalid(
                group: "", kind: "", name: "",
                [.invalid(FieldPath("patch"), .string(shown), String(error.message[colon.upperBound...]))])
        }
        // Empty managedFields mean that nobody is to be tracked, which decoding does not keep.
        if let managed = patched[path: "metadata", "managedFields"], managed.array?.isEmpty == true {
            new[path: "metadata", "managedFields"] = managed
        }
        return new
    }

    /// A value with a patch of any kind but apply made to it.
    func patched(_ old: Value, _ patch: Patch, _ schema: Schema, _ target: Target) throws(APIError) -> Value {
        switch patch.kind {
        case .json: return try JSONPatch.apply(patch.body, to: old)
        case .merge: return try MergePatch.apply(patch.body, to: old)
        case .strategic:
            if target.resource.isCustom {
                throw APIError(
                    code: 415, reason: "UnsupportedMediaType",
                    message:
                        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
                )
            }
            return try StrategicMerge.apply(patch.body, to: old, schema: schema)
        case .apply: throw .badRequest("apply is not a patch of a value")
        }
    }
}
