import ClusterObjects

/// Which of a definition's names are free in its group, and with that whether its resources are served.
/// Source: apiextensions-apiserver, NamingConditionController and EstablishingController.
public enum AcceptedNames {
    /// The definition's status given all other definitions; nil when it is as it should be.
    public static func status(of definition: Value, others: [Value], now: Timestamp) -> Value? {
        let mine = CustomResourceDefinition(definition)
        let rivals = others.map(CustomResourceDefinition.init).filter { $0.group == mine.group && $0.name != mine.name }
        var resources: Set<String> = []
        var kinds: Set<String> = []
        for rival in rivals {
            guard let names = rival.value[path: "status", "acceptedNames"] else { continue }
            for name in ([names["plural"], names["singular"]].compactMap { $0?.string } + (names["shortNames"]?.strings ?? [])) {
                resources.insert(name)
            }
            for name in [names["kind"], names["listKind"]].compactMap({ $0?.string }) { kinds.insert(name) }
        }
        let wanted = mine.names
        var accepted = definition[path: "status", "acceptedNames"] ?? .emptyObject
        var conflict: (reason: String, message: String)?
        func settle(_ field: String, _ taken: Set<String>, _ reason: String) {
            guard let name = wanted[field]?.string, !name.isEmpty else { return }
            if taken.contains(name) {
                conflict = (reason, "\"\(name)\" is already in use")
            } else {
                accepted[field] = .string(name)
            }
        }
        settle("plural", resources, "PluralConflict")
        settle("singular", resources, "SingularConflict")
        let short = wanted["shortNames"]?.strings ?? []
        let taken = short.filter(resources.contains)
        if taken.isEmpty {
            accepted["shortNames"] = short.isEmpty ? nil : Value(short)
        } else {
            conflict = ("ShortNamesConflict", taken.map { "\"\($0)\" is already in use" }.joined(separator: ", "))
        }
        settle("kind", kinds, "KindConflict")
        settle("listKind", kinds, "ListKindConflict")
        accepted["categories"] = wanted["categories"]?.array?.isEmpty == false ? wanted["categories"] : nil

        var status = definition["status"] ?? .emptyObject
        status["acceptedNames"] = accepted
        if let conflict {
            set("NamesAccepted", "False", conflict.reason, conflict.message, &status, now)
            if !mine.isEstablished { set("Established", "False", "NotAccepted", "not all names are accepted", &status, now) }
        } else {
            set("NamesAccepted", "True", "NoConflicts", "no conflicts found", &status, now)
            if !mine.isEstablished {
                set("Established", "True", "InitialNamesAccepted", "the initial names have been accepted", &status, now)
            }
        }
        return status == definition["status"] ? nil : status
    }

    /// What a DELETE makes of a definition whose objects are still there: they go first.
    public static func markForDeletion(_ definition: inout Value, now: Timestamp) {
        var finalizers = definition[path: "metadata", "finalizers"]?.strings ?? []
        if !finalizers.contains(cleanupFinalizer) { finalizers.append(cleanupFinalizer) }
        definition["metadata", default: .emptyObject]["finalizers"] = Value(finalizers)
        set(
            "Terminating", "True", "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            &definition["status", default: .emptyObject], now)
    }

    /// The finalizer of a definition that has objects.
    public static let cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"

    private static func set(
        _ type: String, _ value: String, _ reason: String, _ message: String, _ status: inout Value, _ now: Timestamp
    ) {
        var conditions = status["conditions"]?.array ?? []
        var condition: Value = ["type": .string(type), "status": .string(value), "reason": .string(reason), "message": .string(message)]
        if let index = conditions.firstIndex(where: { $0["type"]?.string == type }) {
            let old = conditions[index]
            condition["lastTransitionTime"] = old["status"]?.string == value ? old["lastTransitionTime"] : .string(now.description)
            if let generation = old["observedGeneration"] { condition["observedGeneration"] = generation }
            conditions[index] = condition
        } else {
            condition["lastTransitionTime"] = .string(now.description)
            conditions.append(condition)
        }
        status["conditions"] = .array(conditions)
    }
}
