import ClusterObjects

/// Spreads a change of a Deployment's size over its sets.
extension Rollout {
    /// While one set has pods it gets the size; a finished rollout empties the others; in the middle of one all grow or shrink in
    /// proportion.
    mutating func scale() {
        let active = sets.indices.filter { sets[$0].replicas > 0 }
        if let single = active.count == 1 ? active.first : active.isEmpty ? newIndex ?? newest : nil {
            // Nothing to do also leaves the annotations alone.
            if sets[single].replicas != deployment.replicas || isScaling { resize(single, to: deployment.replicas) }
            return
        }
        if let newIndex, isSaturated(newIndex) {
            for index in oldIndices where sets[index].replicas > 0 { resize(index, to: 0) }
            return
        }
        guard !deployment.isRecreate, !active.isEmpty else { return }
        let allowed = deployment.replicas > 0 ? maxAllowed : 0
        let toAdd = allowed - active.reduce(0) { $0 + sets[$1].replicas }
        // Of equal size the newer one grows first, the older one shrinks first.
        let ordered = active.sorted { left, right in
            let (a, b) = (sets[left], sets[right])
            if a.replicas != b.replicas { return a.replicas > b.replicas }
            return toAdd > 0 ? a.createdAt > b.createdAt : a.createdAt < b.createdAt
        }
        var added = 0
        var sizes: [Int] = []
        for index in ordered {
            let part = share(of: sets[index], toAdd, added)
            sizes.append(sets[index].replicas + part)
            added += part
        }
        if toAdd != 0 { sizes[0] = max(0, sizes[0] + toAdd - added) }
        for (index, size) in zip(ordered, sizes) { resize(index, to: size) }
    }

    private var newest: Int? { sets.indices.last }

    private func isSaturated(_ index: Int) -> Bool {
        let set = sets[index]
        return set.replicas == deployment.replicas
            && set.annotations[Annotation.desired].flatMap { Int($0) } == deployment.replicas
            && set.set.availableReplicas == deployment.replicas
    }

    private func share(of set: Working, _ toAdd: Int, _ added: Int) -> Int {
        guard set.replicas != 0, toAdd != 0, toAdd != added else { return 0 }
        let fraction: Int
        if deployment.replicas == 0 {
            fraction = -set.replicas
        } else {
            let annotated = set.annotations[Annotation.max].flatMap { Int($0) } ?? 0
            let before = annotated > 0 ? annotated : max(1, deployment.status?["replicas"]?.int ?? 0)
            fraction = Int((Double(set.replicas) * Double(maxAllowed) / Double(before)).rounded()) - set.replicas
        }
        let rest = toAdd - added
        return toAdd > 0 ? min(fraction, rest) : max(fraction, rest)
    }
}
