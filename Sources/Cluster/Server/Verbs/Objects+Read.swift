import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

/// What a list or watch wants: both kinds of selector, and what of them can be answered by the path alone.
struct Selection: Sendable {
    var labels: LabelSelector
    var fields: FieldSelector
    var resource: Resource

    init(_ options: ListOptions, resource: Resource) throws(APIError) {
        labels = try options.labelSelector.isEmpty ? .everything : LabelSelectorParser.parse(options.labelSelector)
        fields = try FieldSelector(options.fieldSelector, resource: resource)
        self.resource = resource
    }

    var isEverything: Bool { labels.isEverything && fields.requirements.isEmpty }

    func matches(_ object: StoredObject) -> Bool {
        if isEverything { return true }
        let tree = ObjectBytes.tree(object)
        if !labels.isEverything, !labels.matches(tree[path: "metadata", "labels"]?.stringMap ?? [:]) { return false }
        return fields.matches(tree)
    }
}

/// A page of a list.
struct Page: Sendable {
    var objects: [StoredObject]
    var revision: Revision
    var continueToken: String
    /// How many follow; nil when a selector leaves that open, or none do.
    var remaining: Int?
}

extension APIServer {
    /// A collection, or a page of it. Source: Kubernetes API concepts, "Resource versions", "Retrieving large results sets in chunks".
    func list(_ target: Target, _ options: ListOptions) throws(APIError) -> Page {
        let selection = try Selection(options, resource: target.resource)
        let collection = collection(target.resource)
        let namespace = target.namespace.isEmpty ? nil : target.namespace
        var after: String?
        var wanted: Revision?
        if !options.continueToken.isEmpty {
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            let token = try ContinueToken(options.continueToken)
            after = token.after
            wanted = token.revision
        } else {
            wanted = try listRevision(options, target.resource)
        }
        let snapshot: Snapshot
        do {
            if let wanted {
                snapshot = try store.snapshot(collection, at: wanted)
            } else {
                snapshot = store.snapshot(collection)
            }
        } catch {
            if case .expired = error, let after { throw .expiredContinue(after: after, revision: store.revision) }
            throw apiError(error, target)
        }
        return try page(
            snapshot.range(namespace: namespace, after: after), of: selection, limit: options.limit, revision: snapshot.revision)
    }

    private func page(
        _ range: Snapshot.Range, of selection: Selection, limit: Int, revision: Revision
    ) throws(APIError) -> Page {
        var range = range
        var objects: [StoredObject] = []
        if limit <= 0, selection.isEverything { objects.reserveCapacity(range.remaining) }
        while limit <= 0 || objects.count < limit, let stored = range.next() {
            try checkIntact(stored, selection.resource.groupResource)
            let object = stored.served(as: selection.resource)
            if selection.matches(object) { objects.append(object) }
        }
        guard limit > 0, let last = objects.last, range.remaining > 0 else {
            return Page(objects: objects, revision: revision, continueToken: "")
        }
        return Page(
            objects: objects, revision: revision, continueToken: ContinueToken(revision: revision, after: last.path).text,
            remaining: selection.isEverything ? range.remaining : nil)
    }

    /// Which revision a list is of; nil for the newest.
    private func listRevision(_ options: ListOptions, _ resource: Resource) throws(APIError) -> Revision? {
        let match = options.resourceVersionMatch
        guard !options.resourceVersion.isEmpty else { return nil }
        let asked = try resourceVersion(options.resourceVersion)
        if asked > store.revision { throw .tooLarge(asked, current: store.revision) }
        if match == "Exact" || (match.isEmpty && options.limit > 0 && asked > 0) { return asked }
        return nil
    }

    /// Reads a resourceVersion that a client sent; empty is 0.
    func resourceVersion(_ text: String) throws(APIError) -> Revision {
        if text.isEmpty { return 0 }
        guard let revision = Revision(text), revision >= 0 else {
            throw .badRequest(
                "invalid resource version: resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax"
            )
        }
        return revision
    }
}

extension APIServer {
    /// What the store refuses, as clients are told.
    func apiError(_ error: StoreError, _ target: Target) -> APIError {
        let resource = target.resource.groupResource
        switch error {
        case .notFound: return .notFound(resource, target.name)
        case .exists(let object):
            var error = APIError.alreadyExists(resource, target.name)
            if ObjectBytes.tree(object)[path: "metadata", "deletionTimestamp"]?.string != nil {
                error.message = "object is being deleted: " + error.message
            }
            return error
        case .conflict: return .modified(resource, target.name)
        case .damaged(let object): return .damaged(object, resource)
        case .expired(let oldest): return .expired("The resourceVersion for the provided watch is too old (oldest: \(oldest)).")
        case .future(let current): return .tooLarge(current + 1, current: current)
        case .closed: return APIError(code: 503, reason: "ServiceUnavailable", message: "the server is shutting down")
        case .diskFull, .failed, .corrupt, .newerFormat, .locked: return .internalError(error.description)
        }
    }
}

extension APIError {
    /// An update that names another uid than the object's, worded as Kubernetes' storage does.
    static func uidMismatch(_ target: Target, _ uid: String, _ current: String) -> String {
        "StorageError: invalid object, Code: 4, Key: /registry/\(target.resource.plural)/\(target.path), ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: \(uid), UID in object meta: \(current)"
    }

    /// A name that was generated, and taken too often.
    var notUnique: APIError {
        var error = self
        error.message += ", the server was not able to generate a unique name for the object"
        error.details?["retryAfterSeconds"] = 1
        return error
    }

    /// An error of Go without a Status of its own.
    static func plainError(_ message: String) -> APIError { APIError(code: 500, reason: "", message: message) }

    static func modified(_ resource: GroupResource, _ name: String) -> APIError {
        .conflict(
            resource, name, "the object has been modified; please apply your changes to the latest version and try again")
    }

    static func tooLarge(_ asked: Revision, current: Revision) -> APIError {
        APIError(
            code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(asked), current: \(current)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]], "retryAfterSeconds": 1,
            ])
    }

    /// The rest of a list at a revision that is gone can still be read as it is now, by the token in the message's Status.
    static func expiredContinue(after: String, revision: Revision) -> APIError {
        APIError(
            code: 410, reason: "Expired",
            message:
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
            details: nil)
    }
}
