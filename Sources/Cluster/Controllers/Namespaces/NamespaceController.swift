import ClusterAPI
import ClusterClient
import ClusterObjects

/// Empties a namespace that is being deleted, pods first, and then lets it go.
/// (k8s.io/kubernetes/pkg/controller/namespace/deletion)
struct NamespaceController: Controller {
    let name = "namespace-controller"
    let registry: Registry

    var watches: [Watched] {
        [
            Watched(.namespaces) { _, new, _ in new.map { $0.isGoingAway ? [$0.key] : [] } ?? [] },
            // The last pods to go are what it mostly waits for.
            Watched(.pods) { old, new, cluster in
                guard new == nil, let namespace = old?.namespace else { return [] }
                let key = ObjectKey(name: namespace)
                return cluster.object(.namespaces, key)?.isGoingAway == true ? [key] : []
            },
        ]
    }

    private var resources: [Resource] {
        registry.all.filter { $0.isNamespaced && $0.storedAs == nil && ["list", "delete"].allSatisfy($0.verbs.contains) }
    }

    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] {
        guard let namespace = cluster.object(.namespaces, key), namespace.isBeingDeleted else { return [] }
        return resources.map { .list($0.gvr, namespace: key.name, limit: 0) }
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let namespace = request.cluster.object(.namespaces, request.key), namespace.isBeingDeleted else { return .nothing }
        var contents: [(resource: Resource, objects: [APIObject])] = []
        var failures: [String] = []
        for resource in resources {
            switch request.answers[.list(resource.gvr, namespace: namespace.name, limit: 0)] {
            case .success(let objects): if !objects.isEmpty { contents.append((resource, objects)) }
            case .failure(let error): if !error.isNotFound { failures.append(error.message) }
            case nil: failures.append("\(resource.gvr) was not listed")
            }
        }
        let pods = contents.filter { $0.resource.gvr == .pods }
        let now = pods.isEmpty ? contents : pods
        var decision = Decision()
        for (resource, objects) in now {
            decision.then(objects.filter { !$0.isBeingDeleted }.map { Change.delete(resource.gvr, $0, propagation: "Background") })
        }
        let remaining = pods.isEmpty ? contents : []
        if contents.isEmpty, failures.isEmpty, (namespace.spec?["finalizers"]?.strings ?? []).contains("kubernetes") {
            decision.then(finalize(namespace))
            return decision
        }
        let failed = failures
        decision.afterwards = { outcome in
            var aftermath = Aftermath()
            let problems = failed + outcome.failures.map(\.message)
            if let change = report(namespace, remaining, problems, at: request.now) { aftermath.changes = [change] }
            // Finalizers of others end unseen: look again, less and less often by the age of the deletion.
            let age = request.now - (namespace.deletionTimestamp ?? request.now)
            aftermath.requeueAfter = outcome.results.isEmpty ? min(max(age / 4, 0.25), 15) : 0.02
            return aftermath
        }
        return decision
    }

    private func finalize(_ namespace: APIObject) -> Change {
        var draft = namespace.draft
        let rest = (namespace.spec?["finalizers"]?.strings ?? []).filter { $0 != "kubernetes" }
        draft["spec", default: .emptyObject]["finalizers"] = rest.isEmpty ? nil : Value(rest)
        return Change(.namespaces, namespace: nil, .update(name: namespace.name, subresource: "finalize", object: draft), tag: "finalize")
            .tolerating(\.isNotFound)
    }

    private func report(
        _ namespace: APIObject, _ remaining: [(resource: Resource, objects: [APIObject])], _ problems: [String], at now: Timestamp
    ) -> Change? {
        var conditions = Conditions(namespace.status)
        conditions.set(
            "NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered", at: now)
        conditions.set(
            "NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
            "All legacy kube types successfully parsed", at: now)
        if problems.isEmpty {
            conditions.set(
                "NamespaceDeletionContentFailure", "False", "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization", at: now)
        } else {
            conditions.set(
                "NamespaceDeletionContentFailure", "True", "ContentDeletionFailed",
                "Failed to delete all resource types, \(problems.count) remaining: \(problems.sorted().joined(separator: ", "))", at: now)
        }
        // What has only just been told to go is not yet "remaining".
        let held = remaining.map { ($0.resource, $0.objects.filter(\.isBeingDeleted)) }.filter { !$0.1.isEmpty }
        if held.isEmpty {
            conditions.set("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed", at: now)
        } else {
            let list = held.map { "\($0.0.groupVersionResourceName) has \($0.1.count) resource instances" }.sorted()
            conditions.set(
                "NamespaceContentRemaining", "True", "SomeResourcesRemain",
                "Some resources are remaining: \(list.joined(separator: ", "))", at: now)
        }
        var finalizers: [String: Int] = [:]
        for object in held.flatMap(\.1) { for finalizer in object.finalizers { finalizers[finalizer, default: 0] += 1 } }
        if finalizers.isEmpty {
            conditions.set(
                "NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished", at: now)
        } else {
            let list = finalizers.map { "\($0.key) in \($0.value) resource instances" }.sorted()
            conditions.set(
                "NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: \(list.joined(separator: ", "))", at: now)
        }
        guard conditions.value != Conditions(namespace.status).value else { return nil }
        var draft = namespace.draft
        draft["status", default: .emptyObject]["conditions"] = conditions.value
        draft["status", default: .emptyObject]["phase"] = "Terminating"
        return Change.updateStatus(.namespaces, namespace.key, draft).tolerating(\.isNotFound)
    }
}

extension Resource {
    /// `configmaps.`, `deployments.apps`: as Go prints a GroupResource with its dot.
    fileprivate var groupVersionResourceName: String { "\(plural).\(group)" }
}
