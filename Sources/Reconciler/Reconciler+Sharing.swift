import ClusterAPI
import ClusterClient
import ClusterObjects
import ManifestLoader

/// The Sync is shared by all who reconcile the same cluster: what others wrote is kept, and who applies a commit is waited for.
extension Reconciler {
    private static let mostTries = 5

    /// Reads what the cluster remembers, once.
    func start() async throws(APIError) {
        guard !isStarted else { return }
        (status, syncVersion) = try await sync.read()
        stored = status
        isStarted = true
        if !status.lastAppliedRevision.isEmpty { await adopt(status.lastAppliedRevision) }
    }

    /// Takes over what another has written since this reconciler has read or written the Sync.
    func takeOverStatus() async throws(APIError) {
        guard let (theirs, version) = try await sync.read(since: syncVersion) else { return }
        if version.isEmpty {
            // Deleted by somebody: what was applied is remembered here.
            (stored, syncVersion) = (SyncStatus(), "")
            isStatusChanged = true
            return
        }
        status = status.merged(since: stored, onto: theirs)
        (stored, syncVersion) = (theirs, version)
    }

    /// Stores what has changed, on top of what others have written meanwhile.
    func saveStatus() async {
        guard isStarted, isStatusChanged else { return }
        for attempt in 1...Reconciler.mostTries {
            do throws(APIError) {
                if attempt > 1 { try await takeOverStatus() }
                return try await store()
            } catch {
                // Once also for another reason: the Sync may have been deleted.
                guard error.isConflict || attempt == 1, attempt < Reconciler.mostTries else { return isNotStored(error) }
            }
        }
    }

    /// - Throws: a conflict when others have written meanwhile.
    private func store() async throws(APIError) {
        isStatusChanged = false
        let ours = status
        do throws(APIError) { syncVersion = try await sync.write(ours, over: syncVersion, now: clock()) } catch {
            isStatusChanged = true
            throw error
        }
        stored = ours
        notStored = nil
    }

    private func isNotStored(_ error: APIError) {
        notStored = "what was applied cannot be stored in the cluster: \(error)"
        logger.warning("cannot store what was applied", metadata: ["error": "\(error)"])
    }

    // MARK: - Passes

    /// Notes that a pass begins and what it may make, so that others wait for its end and a crash leaves nothing behind that nobody knows.
    /// Answers whether it had to wait for the pass of another; nil when it cannot be noted: then nothing may be made.
    func beginPass() async -> Bool? {
        var hasWaited = false
        var tries = 0
        while !Task.isCancelled {
            do throws(APIError) {
                try await takeOverStatus()
                if let other = status.pass, !other.isOver(at: clock()) {
                    hasWaited = true
                    say.yield(.doing("waiting for another pass"))
                    try? await Task.sleep(for: .milliseconds(200))
                    continue
                }
                let before = status
                status.pass = .own(since: clock())
                status.inventory.add(desired.lazy.map(InventoryEntry.init))
                do throws(APIError) { try await store() } catch {
                    (status.pass, status.inventory) = (before.pass, before.inventory)
                    throw error
                }
                return hasWaited
            } catch {
                tries += 1
                if error.isConflict, tries < Reconciler.mostTries { continue }
                isNotStored(error)
                return nil
            }
        }
        return nil
    }

    /// Notes what came of a pass, and that others need not wait any more.
    func endPass() async {
        status.pass = nil
        isStatusChanged = true
        await saveStatus()
    }

    // MARK: - The passes of others

    /// Whether another has begun or made a pass that this reconciler does not know of. What that has applied or deleted is no drift: the
    /// source is looked at first.
    func mustGiveWay() async -> Bool {
        guard !isGivingWay else { return true }
        guard isStarted, let changed = try? await sync.read(since: syncVersion), changed.version != syncVersion else { return false }
        isGivingWay = true
        wake.yield()
        return true
    }

    /// Whether it is time to look at what another pass has done.
    func othersAreThrough() async -> Bool {
        guard let theirs = try? await sync.read() else { return true }
        return theirs.status.pass?.isOver(at: clock()) ?? true
    }
}
