import ClusterAPI
import ClusterObjects
import Logging

/// Writes events in the background, counting repeats and folding floods as Kubernetes' recorder does.
///
/// `record` never waits and never fails: events are told on a best-effort basis, the newest 4,096 unwritten are kept.
public struct EventRecorder: Sendable {
    private let client: any Client
    private let component: String
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let stream: AsyncStream<EventDraft>
    private let continuation: AsyncStream<EventDraft>.Continuation

    /// - Parameter component: what `source.component` says, e.g. `replicaset-controller`; a draft may name another.
    public init(client: any Client, component: String, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.client = client
        self.component = component
        self.logger = logger
        self.now = now
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    public func record(_ draft: EventDraft) { continuation.yield(draft) }

    /// Writes what is recorded until it is cancelled. To be run once.
    public func run() async {
        var correlator = EventCorrelator(component: component)
        for await draft in stream {
            do throws(APIError) {
                try await write(draft, &correlator)
            } catch {
                // An event about a namespace that is going away is refused; that is nothing to tell of.
                logger.debug("event not written", metadata: ["reason": "\(draft.reason)", "error": "\(error)"])
            }
        }
    }

    private func write(_ draft: EventDraft, _ correlator: inout EventCorrelator) async throws(APIError) {
        switch correlator.record(draft, at: now()) {
        case .drop: return
        case .create(let namespace, _, let object):
            _ = try await client.create(.events, namespace: namespace, object)
        case .patch(let namespace, let name, let body):
            do throws(APIError) {
                _ = try await client.patch(
                    .events, namespace: namespace, name: name, subresource: nil, patch: Patch(.merge, body), options: WriteOptions())
            } catch {
                guard error.isNotFound else { throw error }
                correlator.forget(draft)
                if case .create(let namespace, _, let object) = correlator.record(draft, at: now()) {
                    _ = try await client.create(.events, namespace: namespace, object)
                }
            }
        }
    }
}
