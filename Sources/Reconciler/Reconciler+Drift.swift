import ClusterAPI
import ClusterClient
import ClusterObjects
import ManifestLoader

extension Reconciler {
    /// Takes in what a watch says.
    func deliver(_ event: Reflector.Event, of resource: GroupVersionResource) async {
        guard let kind = watched[resource] else { return }
        func id(_ object: APIObject) -> ObjectID {
            ObjectID(group: resource.group, kind: kind, namespace: object.namespace, name: object.name)
        }
        var seen: [ObjectID] = []
        switch event {
        case .listed(let objects, let version):
            var present: Set<ObjectID> = []
            for object in objects {
                present.insert(id(object))
                observe(id(object), object, version: Int(object.resourceVersion) ?? 0)
            }
            for (id, state) in tracked where state.object.resource == resource && !present.contains(id) {
                observe(id, nil, version: Int(version) ?? 0)
                seen.append(id)
            }
            seen += present
        case .changed(let change):
            let id = id(change.object)
            switch change.kind {
            case .bookmark: return
            case .deleted: observe(id, nil, version: Int(change.object.resourceVersion) ?? 0)
            case .added, .modified: observe(id, change.object, version: Int(change.object.resourceVersion) ?? 0)
            }
            seen = [id]
        }
        let drifted = seen.filter { tracked[$0]?.drift != nil }
        if !drifted.isEmpty, await mustGiveWay() { return }
        if options.drift == .correct { for id in drifted { await correct(id) } }
        await announceDrift()
    }

    /// Takes in one live state (nil: gone). What is older than what is known says nothing.
    func observe(_ id: ObjectID, _ live: APIObject?, version: Int) {
        guard !inFlight.contains(id) else {
            if version >= waiting[id]?.version ?? 0 { waiting[id] = (live, version) }
            return
        }
        guard var state = tracked[id] else { return }
        guard version > state.resourceVersion || live == nil && version == state.resourceVersion else { return }
        let wasHealthy = state.health.state == .current
        let isNew = state.observe(live, version: version, commit: commit, now: clock())
        tracked[id] = state
        if isNew {
            if state.drift != nil { unannounced.insert(id) } else { unannounced.remove(id) }
            publication.driftChanged(at: clock())
            wake.yield()
        }
        if !wasHealthy, state.health.state == .current, publication.awaitsHealth, isHealthy { wake.yield() }
    }

    var isHealthy: Bool { tracked.allSatisfy { $0.value.health.state == .current } }

    /// What has drifted, by object.
    var drifts: [ObjectDrift] { tracked.values.compactMap(\.drift).sorted { $0.id < $1.id } }

    /// Puts right whatever has drifted, when that is the mode.
    func correctDrift() async {
        if tracked.values.contains(where: { $0.drift != nil }), await mustGiveWay() { return }
        guard options.drift == .correct else { return await announceDrift() }
        // In the order of an apply: what stands in a namespace needs it first.
        for drift in drifts.sorted(by: { (Plan.rank($0.id), $0.id) < (Plan.rank($1.id), $1.id) }) { await correct(drift.id) }
        await announceDrift()
    }

    private func correct(_ id: ObjectID) async {
        let now = clock()
        guard let state = tracked[id], let found = state.drift, !inFlight.contains(id), state.backoff.due(now) <= now else { return }
        inFlight.insert(id)
        tracked[id]?.backoff.note(now)
        // History is asked while the server is at work: it keeps no correction waiting.
        async let explanation = explained(found)
        let result = await applier.apply(state.object)
        let drift = await explanation
        inFlight.remove(id)
        if unannounced.remove(id) != nil { say.yield(.drift(drift)) }
        let held = waiting.removeValue(forKey: id)
        // A pass may have taken over meanwhile.
        guard let current = tracked[id], current.object.digest == state.object.digest else { return }
        switch result {
        case .success(let live):
            // It may have been made anew.
            if status.inventory.set(InventoryEntry(current.object), uid: live.uid) { isStatusChanged = true }
            var corrected = Tracked(applied: current.object, live: live)
            corrected.backoff = current.backoff
            tracked[id] = corrected
            let lines = drift.lines.map { "\(now) \($0)" }
            status.corrections = Array((lines + status.corrections).prefix(SyncStatus.mostCorrections))
            isStatusChanged = true
            publication.driftChanged(at: now)
            say.yield(.corrected(drift))
            wake.yield()
        case .failure(let error):
            logger.info("drift is not corrected yet", metadata: ["object": "\(id)", "error": "\(error)"])
        }
        if let held { observe(id, held.live, version: held.version) }
    }
}
