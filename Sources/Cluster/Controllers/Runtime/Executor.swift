import ClusterAPI
import ClusterClient
import ClusterObjects

/// Performs a decision: step after step, the changes of a step in parallel, creations in batches that start slow (1, 2, 4, …),
/// so that a refusal which would meet all of them (a quota) is met once.
struct Executor: Sendable {
    let client: any Client
    let fieldManager: String

    struct Result: Sendable {
        var writes: [Expectations.Write] = []
        var events: [EventDraft] = []
        /// What must be retried.
        var failures: [APIFailure] = []
        var requeueAfter: Double?
    }

    func perform(_ decision: Decision) async -> Result {
        var result = Result(events: decision.events, requeueAfter: decision.requeueAfter)
        var outcome = Outcome()
        for (index, step) in decision.steps.enumerated() {
            guard outcome.failures.isEmpty else {
                outcome.skipped += decision.steps[index...].reduce(0) { $0 + $1.count }
                break
            }
            await perform(step, &outcome, &result)
        }
        result.failures = outcome.failures
        guard let afterwards = decision.afterwards else { return result }
        let aftermath = afterwards(outcome)
        if aftermath.forgivesFailures { result.failures = [] }
        result.events += aftermath.events
        if let after = aftermath.requeueAfter { result.requeueAfter = min(result.requeueAfter ?? after, after) }
        var second = Outcome()
        await perform(aftermath.changes, &second, &result)
        result.failures += second.failures
        return result
    }

    private func perform(_ changes: [Change], _ outcome: inout Outcome, _ result: inout Result) async {
        var start = 0
        var size = 1
        while start < changes.count {
            let batch = changes[start..<min(start + size, changes.count)]
            let results = await perform(batch)
            var failed = false
            for (change, answer) in zip(batch, results) {
                outcome.results.append((change, answer))
                switch answer {
                case .success(let object):
                    if let write = Executor.write(change, object) { result.writes.append(write) }
                    if let success = change.success { result.events.append(success(object?.name ?? change.name)) }
                case .failure(let error):
                    failed = true
                    if let event = change.failure?(error) { result.events.append(event) }
                }
            }
            start += batch.count
            size = Executor.startsSlow(batch) ? size * 2 : 64
            if failed, Executor.startsSlow(batch) {
                outcome.skipped += changes.count - start
                return
            }
        }
    }

    private static func startsSlow(_ batch: ArraySlice<Change>) -> Bool {
        guard let change = batch.first, case .create = change.action else { return false }
        return true
    }

    private func perform(_ batch: ArraySlice<Change>) async -> [Swift.Result<APIObject?, APIFailure>] {
        if batch.count == 1, let change = batch.first { return [await perform(change)] }
        return await withTaskGroup(of: (Int, Swift.Result<APIObject?, APIFailure>).self) { group in
            for (index, change) in batch.enumerated() { group.addTask { (index, await perform(change)) } }
            var results = [Swift.Result<APIObject?, APIFailure>](repeating: .success(nil), count: batch.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func perform(_ change: Change) async -> Swift.Result<APIObject?, APIFailure> {
        let options = WriteOptions(fieldManager: fieldManager)
        do throws(APIError) {
            switch change.action {
            case .create(let object):
                return .success(
                    try await client.create(
                        change.resource, namespace: change.namespace, name: nil, subresource: nil, object: object, options: options))
            case .createSubresource(let name, let subresource, let object):
                return .success(
                    try await client.create(
                        change.resource, namespace: change.namespace, name: name, subresource: subresource, object: object,
                        options: options))
            case .update(let name, let subresource, let object):
                return .success(
                    try await client.update(
                        change.resource, namespace: change.namespace, name: name, subresource: subresource, object: object,
                        options: options))
            case .patch(let name, let subresource, let patch):
                return .success(
                    try await client.patch(
                        change.resource, namespace: change.namespace, name: name, subresource: subresource, patch: patch,
                        options: options))
            case .delete(let name, let options):
                return .success(try await client.delete(change.resource, namespace: change.namespace, name: name, options: options))
            }
        } catch {
            if case .delete = change.action, error.isNotFound { return .success(nil) }
            return change.tolerates(error) ? .success(nil) : .failure(error)
        }
    }

    private static func write(_ change: Change, _ object: APIObject?) -> Expectations.Write? {
        switch change.action {
        case .create, .update, .patch:
            guard let object, let revision = UInt64(object.resourceVersion) else { return nil }
            return Expectations.Write(resource: change.resource, key: object.key, uid: object.uid, revision: revision)
        case .delete(let name, let options):
            let key = ObjectKey(namespace: change.namespace ?? "", name: name)
            return Expectations.Write(resource: change.resource, key: key, uid: options.uid, revision: nil)
        case .createSubresource: return nil
        }
    }
}

extension Change {
    /// The name of what is changed; empty while a creation has not made one.
    var name: String {
        switch action {
        case .create: ""
        case .update(let name, _, _), .patch(let name, _, _), .delete(let name, _), .createSubresource(let name, _, _):
            name
        }
    }
}
