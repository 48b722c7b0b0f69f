import ClusterAPI
import ClusterClient
import ClusterObjects
import ManifestLoader

extension Reconciler {
    /// Looks at the source and applies what it says. Never throws: what went wrong stands in `failures`, `status` and the events.
    func look() async {
        let begin = clock()
        do throws(APIError) { try await start() } catch {
            return setUnreachable("the cluster does not answer: \(error)")
        }
        if isGivingWay {
            try? await takeOverStatus()
            // Whatever was applied meanwhile, it is looked at anew.
            tried = ""
        }
        // Not sooner: what is noticed meanwhile may be the other's doing still.
        defer { isGivingWay = false }
        do throws(GitError) {
            say.yield(.doing("fetching \(options.source.shownRepository)"))
            let fetched = try await source.fetch()
            if fetched != tried { try? await takeOverStatus() }
            setReachable()
            guard fetched != tried || !failures.isEmpty else { return }
            tried = fetched
            switch try await load(fetched) {
            case .refused: break
            case .same: await keep(begin)
            case .changed: await apply(begin)
            }
        } catch {
            // git was ended because we stop: that says nothing of the source.
            if Task.isCancelled { return }
            switch error.reason {
            case .pathNotFound: await refuse(status.observedRevision, [error.description], begin)
            default: setUnreachable(error.description)
            }
        }
    }

    private func setReachable() {
        failedLooks = 0
        guard status.unreachableSince != nil || unreachable != nil else { return }
        unreachable = nil
        status.unreachableSince = nil
        status.unreachableReason = ""
        isStatusChanged = true
        say.yield(.warning("\(options.source.shownRepository) answers again"))
    }

    private func setUnreachable(_ why: String) {
        failedLooks += 1
        if unreachable != why { say.yield(.warning(why)) }
        unreachable = why
        if status.unreachableSince == nil || status.unreachableReason != why {
            status.unreachableSince = status.unreachableSince ?? clock()
            status.unreachableReason = why
            isStatusChanged = true
        }
    }

    private enum Loaded {
        /// It does not load: the last good commit stays.
        case refused
        /// All of it has been applied already.
        case same
        case changed
    }

    /// Reads what of a commit's manifests is new.
    private func load(_ fetched: String) async throws(GitError) -> Loaded {
        let begin = clock()
        let isNew = fetched != status.observedRevision
        status.observedRevision = fetched
        let subject = await source.subject(of: fetched)
        if isNew { say.yield(.revision(commit: fetched, subject: subject)) }
        let before = tree
        // The loader is lent out for the reading.
        var lent = loader
        do throws(GitError) { tree = try await source.load(fetched, from: tree, into: &lent) } catch {
            await refuse(fetched, [error.description], begin)
            guard error.reason == .pathNotFound else { throw error }
            return .refused
        }
        loader = lent
        if tree == before, fetched != commit, !desired.isEmpty, status.problems.isEmpty, failures.isEmpty {
            commit = fetched
            return isApplied ? .same : .changed
        }
        isApplied = false
        let result = loader.result()
        var problems = result.problems.map(\.description)
        if result.objects.isEmpty, problems.isEmpty {
            problems = [
                "\(options.source.path.isEmpty ? "the commit" : options.source.path) holds no manifest: nothing is changed or deleted"
            ]
        }
        guard problems.isEmpty else {
            if isNew { for problem in result.problems.prefix(SyncRecord.mostChanges) { say.yield(.problem(problem)) } }
            if isNew, result.problems.isEmpty { say.yield(.warning(problems[0])) }
            await refuse(fetched, problems, begin)
            return .refused
        }
        desired = result.objects
        commit = fetched
        return .changed
    }

    private func refuse(_ fetched: String, _ problems: [String], _ begin: Timestamp) async {
        let kept = Array(problems.prefix(SyncRecord.mostChanges))
        guard status.problems != kept || status.history.first?.commit != fetched else { return }
        status.problems = kept
        await note(fetched, begin, [], problems)
    }

    private func note(_ commit: String, _ begin: Timestamp, _ changes: [SyncRecord.Change], _ problems: [String]) async {
        let now = clock()
        let info = try? await source.info(commit)
        let record = SyncRecord(
            commit: commit, subject: info?.subject ?? "", author: info?.author ?? "", time: now,
            result: problems.isEmpty ? .synced : .failed, duration: now - begin,
            changes: changes, failures: problems)
        // A pass that is tried again and comes to the same is no news.
        if let last = status.history.first, last.commit == commit, last.failures == record.failures, changes.isEmpty { return }
        status.record(record)
        isStatusChanged = true
        publication.revisionNoted(at: now)
        say.yield(.synced(record))
    }

    static func objects(_ count: Int) -> String { "\(count) object\(count == 1 ? "" : "s")" }

    // MARK: - Applying

    /// A new commit with the same manifests: no object is looked at.
    private func keep(_ begin: Timestamp) async {
        status.lastAppliedRevision = commit
        isStatusChanged = true
        await note(commit, begin, [], [])
    }

    private func apply(_ begin: Timestamp) async {
        let wanted = Set(desired.map(\.id))
        for object in desired {
            // The same content may have moved to other lines.
            if tracked[object.id]?.object.digest == object.digest { tracked[object.id]?.object = object }
        }
        var plan = newPlan()
        var hasWaited = false
        let isPass = !plan.isEmpty
        if isPass {
            guard let waited = await beginPass() else {
                // Again at the next look.
                tried = ""
                return
            }
            hasWaited = waited
            plan = newPlan()
        }
        // What fails again when a commit is tried again is no news.
        let told = status.history.first?.commit == commit ? Set(failures.map(\.description)) : []
        failures = []
        var changes: [SyncRecord.Change] = []
        for stage in plan.stages {
            say.yield(.doing("applying \(Reconciler.objects(stage.count))"))
            let known = await liveVersions(of: stage, isTracked: !hasWaited)
            inFlight.formUnion(stage.map(\.id))
            for (object, result) in await applier.apply(stage) {
                if let change = await settle(object, result, known: known[object.id]) { changes.append(change) }
            }
        }
        for (id, _) in tracked where !wanted.contains(id) { tracked[id] = nil }
        if failures.isEmpty { changes += await prune(plan.prunes) }
        for failure in failures where !told.contains(failure.description) { say.yield(.failed(failure)) }
        isApplied = failures.isEmpty
        failedPasses = failures.isEmpty ? 0 : failedPasses + 1
        let before = status
        status.problems = failures.prefix(SyncRecord.mostChanges).map(\.description)
        if failures.isEmpty { status.lastAppliedRevision = commit }
        if status != before { isStatusChanged = true }
        await note(commit, begin, changes.sorted { $0.id < $1.id }, failures.map(\.description))
        if isPass { await endPass() }
        watchDesired()
    }

    private func newPlan() -> Plan {
        Plan(desired: desired, applied: tracked.mapValues(\.object.digest), inventory: status.inventory.entries)
    }

    /// The versions of what is there already, to tell made from changed from untouched: one list a resource.
    /// - Parameter isTracked: what is tracked is as it was seen last.
    private func liveVersions(of objects: [LoadedObject], isTracked: Bool) async -> [ObjectID: String] {
        var versions: [ObjectID: String] = [:]
        let untracked = objects.filter { !isTracked || tracked[$0.id] == nil }
        for object in objects { if let known = tracked[object.id] { versions[object.id] = String(known.resourceVersion) } }
        for (id, object) in await live(untracked) { versions[id] = object.resourceVersion }
        return versions
    }

    /// The live objects of these, those that are there. One list a resource; a resource that is not served has none.
    func live(_ objects: [LoadedObject]) async -> [ObjectID: APIObject] {
        var found: [ObjectID: APIObject] = [:]
        for (resource, group) in Dictionary(grouping: objects, by: \.resource) {
            let wanted = Dictionary(group.map { ($0.id.key, $0.id) }, uniquingKeysWith: { first, _ in first })
            if group.count == 1, let only = group.first {
                let namespace = only.isNamespaced ? only.namespace : nil
                if let object = try? await client.get(resource, namespace: namespace, name: only.name) { found[only.id] = object }
                continue
            }
            guard let list = try? await client.list(resource) else { continue }
            for object in list.items { if let id = wanted[object.key] { found[id] = object } }
        }
        return found
    }

    /// Takes in the answer to an apply; nil when it failed.
    func settle(_ object: LoadedObject, _ result: Result<APIObject, APIError>, known: String?) async -> SyncRecord.Change? {
        inFlight.remove(object.id)
        let held = waiting.removeValue(forKey: object.id)
        switch result {
        case .failure(let error):
            failures.append(ObjectFailure(object, error))
            if let held { observe(object.id, held.live, version: held.version) }
            return nil
        case .success(let live):
            if status.inventory.set(InventoryEntry(object), uid: live.uid) { isStatusChanged = true }
            var state = Tracked(applied: object, live: live)
            if let before = tracked[object.id] { state.backoff = before.backoff }
            tracked[object.id] = state
            if let held { observe(object.id, held.live, version: held.version) }
            let kind: SyncRecord.Change.Kind =
                known == nil || known == "0" ? .created : known == live.resourceVersion ? .unchanged : .configured
            guard kind != .unchanged else { return nil }
            let change = SyncRecord.Change(id: object.id, kind: kind)
            say.yield(.changed(change))
            return change
        }
    }

    private func prune(_ stages: [[InventoryEntry]]) async -> [SyncRecord.Change] {
        var changes: [SyncRecord.Change] = []
        for stage in stages {
            say.yield(.doing("deleting \(Reconciler.objects(stage.count))"))
            for (entry, result) in await applier.prune(stage, of: status.inventory) {
                switch result {
                case .failure(let error):
                    failures.append(ObjectFailure(entry, error))
                case .success(let outcome):
                    status.inventory.remove(entry)
                    isStatusChanged = true
                    guard outcome == .deleted else { continue }
                    let change = SyncRecord.Change(id: entry.id, kind: .pruned)
                    changes.append(change)
                    say.yield(.changed(change))
                }
            }
            if !failures.isEmpty { break }
        }
        return changes
    }

    // MARK: - Taking up where an earlier run stopped

    /// The commit in full. One that another machine has applied is fetched first.
    private func known(_ revision: String) async -> String? {
        if let known = try? await source.resolve(revision) { return known }
        guard (try? await source.fetch()) != nil else { return nil }
        return try? await source.resolve(revision)
    }

    /// Loads the commit that was applied last and looks whether it still stands, without applying anything.
    func adopt(_ revision: String) async {
        var lent = loader
        guard let known = await known(revision), let loaded = try? await source.load(known, from: tree, into: &lent)
        else { return }
        let result = lent.result()
        guard result.problems.isEmpty, !result.objects.isEmpty else { return }
        say.yield(.doing("looking at \(Reconciler.objects(result.objects.count))"))
        (loader, tree, commit, desired) = (lent, loaded, known, result.objects)
        let live = await live(desired)
        let inventory = Set(status.inventory.entries.map(\.id))
        let now = clock()
        for object in desired where inventory.contains(object.id) {
            tracked[object.id] = Tracked(found: object, live: live[object.id], commit: known, now: now)
        }
        // What the server would make of these whatever it is told is no drift.
        let drifted = desired.filter { live[$0.id] != nil && tracked[$0.id]?.drift != nil }
        for (object, answer) in await applier.apply(drifted, dryRun: true) {
            guard let found = live[object.id], case .success(let merged) = answer else { continue }
            var state = Tracked(applied: object, live: merged)
            _ = state.observe(found, version: Int(found.resourceVersion) ?? 0, commit: known, now: now)
            tracked[object.id] = state
        }
        unannounced.formUnion(drifts.map(\.id))
        watchDesired()
    }
}
