import ClusterAPI
import ClusterClient
import ClusterObjects
import ManifestLoader

extension Reconciler {
    /// The state as this reconciler knows it, without asking anybody.
    func report() -> StatusReport {
        let source = options.source
        return StatusReport(
            cluster: source.cluster, repository: source.shownRepository, ref: source.ref, path: source.path,
            revision: status.lastAppliedRevision, observedRevision: status.observedRevision, problems: status.problems,
            unreachableSince: status.unreachableSince, unreachableReason: status.unreachableReason,
            objects: tracked.values.map {
                StatusReport.ObjectHealth(id: $0.object.id, file: $0.object.file, line: $0.object.line, health: $0.health)
            }.sorted { $0.id < $1.id }, drifts: drifts, corrections: status.corrections, history: status.history)
    }

    /// One look at the live objects against the commit that was applied last; changes nothing, fetches nothing.
    /// - Throws: ``APIError`` when the cluster does not answer.
    public func statusReport() async throws(APIError) -> StatusReport {
        try await start()
        for drift in drifts { _ = await explain(drift.id) }
        return report()
    }

    /// What differs live from the commit that was applied last. Exit codes: 0 none, 1 drift, 2 could not tell (it throws).
    /// - Throws: ``APIError`` when the cluster does not answer or nothing was ever applied.
    public func driftReport() async throws(APIError) -> StatusReport {
        let report = try await statusReport()
        guard !report.revision.isEmpty, commit == report.revision else {
            let why =
                report.revision.isEmpty ? "no commit is applied yet" : "commit \(report.revision) is not in \(options.source.directory)"
            throw APIError(code: 0, reason: "", message: "cannot tell: \(why)")
        }
        return report
    }

    /// The cluster's objects that ask for what it does not enforce, a line each.
    /// - Throws: ``APIError`` when the cluster does not answer.
    public func unenforced() async throws(APIError) -> [String] {
        var lines: [String] = []
        for resource in registry.kindsWithUnenforced {
            let found = try await client.list(resource.gvr, namespace: nil, options: ListOptions())
            lines += found.items.compactMap { resource.unenforcedLine($0.draft) }
        }
        return lines.sorted()
    }

    // MARK: - One pass

    /// What came of one pass.
    public struct Outcome: Sendable {
        public var report: StatusReport
        /// Objects that could not be applied or deleted.
        public var failures: [ObjectFailure]
        /// Why the source or the cluster could not be looked at, or did not take note; nil when all went well.
        public var unreachable: String?

        /// 0 in sync and healthy, 1 something failed, 3 applied but not healthy in time.
        public var exitCode: Int32 {
            if unreachable != nil || !report.problems.isEmpty || !failures.isEmpty { return 1 }
            if report.objects.contains(where: { $0.health.state == .failed }) { return 1 }
            return report.unhealthy.isEmpty && report.isSynced ? 0 : 3
        }

        public var value: Value {
            var value = report.value
            value["failures"] = .array(failures.map(\.value))
            if let unreachable { value["unreachable"] = .string(unreachable) }
            value["exitCode"] = Value(Int(exitCode))
            return value
        }
    }

    /// Fetches, applies, prunes, puts drift right, and waits for health.
    /// - Parameter timeout: seconds to wait for health; 0 does not wait.
    public func reconcileOnce(timeout: Double) async -> Outcome {
        await look()
        await correctDrift()
        // One that follows the same source may have been at it.
        for _ in 0..<3 where isStarted && isGivingWay {
            await look()
            await correctDrift()
        }
        // Before the waiting: others who look at the same cluster are to know.
        await saveStatus()
        if unreachable == nil, status.problems.isEmpty {
            let end = ContinuousClock.now + .seconds(timeout)
            var pause = 0.1
            while !isHealthy, .now < end {
                tellOfWaiting()
                guard (try? await Task.sleep(for: .seconds(pause))) != nil else { break }
                await refreshHealth()
                pause = min(pause * 1.5, 1)
            }
        }
        await saveStatus()
        publication.driftChanged(at: clock())
        await publish(isFinal: true)
        return Outcome(report: report(), failures: failures, unreachable: unreachable ?? notStored)
    }

    private func tellOfWaiting() {
        let waiting = report().unhealthy
        guard let first = waiting.first else { return }
        say.yield(.doing("waiting for \(Reconciler.objects(waiting.count)): \(first.id): \(first.health.reason)"))
    }

    private func refreshHealth() async {
        let pending = tracked.values.filter { $0.health.state != .current }.map(\.object)
        let found = await live(pending)
        for object in pending { tracked[object.id]?.health = Health.of(found[object.id]) }
    }

    // MARK: - The status branch

    /// Commits status to the source when that is due.
    func publish(isFinal: Bool = false) async {
        guard options.publishesStatus, isStarted, !status.observedRevision.isEmpty else { return }
        let now = clock()
        if isHealthy { publication.healthNoted(at: now) }
        guard isFinal || publication.isDue(now, isHealthy: isHealthy) else { return }
        let report = report()
        say.yield(.doing("committing status"))
        publication.done(now, isHealthy: report.unhealthy.isEmpty)
        do throws(GitError) {
            try await source.publishStatus(StatusFiles.of(report), message: StatusFiles.message(report))
            publication.hasWarned = false
        } catch {
            if Task.isCancelled { return }
            if !publication.hasWarned { say.yield(.warning("status is not committed back: \(error)")) }
            publication.hasWarned = true
            if error.reason != .noWriteAccess { publication.failed(now) }
        }
    }
}
