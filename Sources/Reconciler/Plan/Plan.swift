import ClusterObjects
import ManifestLoader

/// What a pass has to do: which objects are applied and in what order, and which are deleted. Pure.
struct Plan {
    /// One after the other: CustomResourceDefinitions, Namespaces, the rest. Within a stage the order does not matter.
    var stages: [[LoadedObject]]
    /// One after the other: the rest, Namespaces, CustomResourceDefinitions. Only ever what the inventory holds.
    var prunes: [[InventoryEntry]]

    /// - Parameters:
    ///   - desired: what the commit says.
    ///   - applied: digests of what has been applied in this run and stands.
    ///   - inventory: what was ever applied and not yet deleted.
    init(desired: [LoadedObject], applied: [ObjectID: Int], inventory: some Sequence<InventoryEntry>) {
        let changed = desired.filter { applied[$0.id] != $0.digest }
        stages = (0...2).map { rank in changed.filter { Plan.rank($0.id) == rank } }.filter { !$0.isEmpty }
        // An empty tree prunes nothing: that is an accident more often than a wish.
        guard !desired.isEmpty else {
            prunes = []
            return
        }
        let wanted = Set(desired.map(\.id))
        let gone = inventory.filter { !wanted.contains($0.id) }.sorted { $0.id < $1.id }
        prunes = [2, 1, 0].map { rank in gone.filter { Plan.rank($0.id) == rank } }.filter { !$0.isEmpty }
    }

    var isEmpty: Bool { stages.isEmpty && prunes.isEmpty }

    static func rank(_ id: ObjectID) -> Int {
        switch (id.group, id.kind) {
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): 0
        case ("", "Namespace"): 1
        default: 2
        }
    }
}
