import ClusterObjects

/// Which set holds the present template, and what annotations the sets carry.
extension Rollout {
    /// Finds the set of the present template and brings its revision up to date; with `creating` makes one when there is none.
    mutating func findSets(creating: Bool) {
        let wanted = Rollout.comparable(deployment.template?.value)
        newIndex = sets.firstIndex { Rollout.comparable($0.set.template?.value) == wanted }
        let next = String((oldIndices.map { sets[$0].revision }.max() ?? 0) + 1)
        if let newIndex {
            annotate(newIndex, revision: next)
            sets[newIndex].minReadySeconds = deployment.minReadySeconds
            revision = sets[newIndex].annotations[Annotation.revision] ?? next
            if hasDeadline, conditions["Progressing"] == nil {
                setCondition(
                    "Progressing", "True", "FoundNewReplicaSet", "Found new replica set \"\(sets[newIndex].name)\"")
            }
        } else if creating {
            create(revision: next)
        }
    }

    /// The template without what the controller adds to it.
    static func comparable(_ template: Value?) -> Value {
        var template = template ?? .emptyObject
        var metadata = template["metadata"] ?? .emptyObject
        if var labels = metadata["labels"] {
            labels[hashLabel] = nil
            metadata["labels"] = labels.object?.isEmpty ?? true ? nil : labels
        }
        metadata["creationTimestamp"] = nil
        template["metadata"] = metadata.object?.isEmpty ?? true ? nil : metadata
        return template
    }

    /// Copies the Deployment's annotations and counts the revision up, remembering the old one.
    private mutating func annotate(_ index: Int, revision next: String) {
        for (key, value) in deployment.annotations where !Annotation.notCopied.contains(key) { sets[index].annotations[key] = value }
        let old = sets[index].annotations[Annotation.revision]
        if let old, Int(old) == nil { return }
        let oldNumber = old.flatMap { Int($0) } ?? 0
        guard oldNumber < Int(next) ?? 0 else { return }
        sets[index].annotations[Annotation.revision] = next
        if let old {
            let history = sets[index].annotations[Annotation.history] ?? ""
            var entries = history.isEmpty ? [] : history.split(separator: ",").map(String.init)
            entries.append(old)
            while entries.count > 1, entries.reduce(entries.count - 1, { $0 + $1.utf8.count }) > 2000 { entries.removeFirst() }
            sets[index].annotations[Annotation.history] = entries.joined(separator: ",")
        }
    }

    private mutating func create(revision next: String) {
        var template = deployment.template?.value ?? .emptyObject
        let hash = SafeHash.template(template, collisions: deployment.collisionCount)
        template["metadata", default: .emptyObject]["labels", default: .emptyObject][Self.hashLabel] = Value(hash)
        var selector = deployment.spec?["selector"]?.value ?? .emptyObject
        selector["matchLabels", default: .emptyObject][Self.hashLabel] = Value(hash)
        var object: Value = [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": Value("\(deployment.name)-\(hash)"), "namespace": Value(deployment.namespace),
                "labels": template[path: "metadata", "labels"] ?? .emptyObject,
                "ownerReferences": [OwnerReference(controller: deployment.object, apiVersion: "apps/v1", kind: "Deployment").value],
            ],
            "spec": ["replicas": 0, "selector": selector, "template": template],
        ]
        if deployment.minReadySeconds > 0 { object["spec", default: .emptyObject]["minReadySeconds"] = Value(deployment.minReadySeconds) }
        var new = Working(ReplicaSet(APIObject(object)))
        new.isCreated = true
        new.replicas = newReplicas(of: nil)
        sets.append(new)
        let index = sets.count - 1
        newIndex = index
        annotate(index, revision: next)
        sets[index].annotations[Annotation.desired] = String(deployment.replicas)
        sets[index].annotations[Annotation.max] = String(maxAllowed)
        revision = next

        var finished = object
        finished["spec", default: .emptyObject]["replicas"] = Value(sets[index].replicas)
        finished["metadata", default: .emptyObject]["annotations"] = Value(sets[index].annotations)
        creation = finished
    }
}
