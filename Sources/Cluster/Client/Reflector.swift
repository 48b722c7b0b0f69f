import ClusterAPI
import ClusterObjects
import Logging

/// Keeps a resource in view: lists it, watches from there, and lists again when the server has forgotten where it was.
public struct Reflector: Sendable {
    public enum Event: Sendable {
        /// Everything there is: replaces what was known.
        case listed([APIObject], resourceVersion: String)
        case changed(WatchEvent)
    }

    public let resource: GroupVersionResource
    private let client: any Client
    private let options: ListOptions
    private let logger: Logger
    private let sleep: @Sendable (Double) async throws -> Void

    public init(
        client: any Client, resource: GroupVersionResource, options: ListOptions = ListOptions(), logger: Logger,
        sleep: @escaping @Sendable (Double) async throws -> Void = Reflector.systemSleep
    ) {
        self.client = client
        self.resource = resource
        self.options = options
        self.logger = logger
        self.sleep = sleep
    }

    /// Sleeps on the machine's clock.
    public static let systemSleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

    /// Delivers events in order until it is cancelled. A server that cannot be reached is tried again after 0.1 to 10 s, one that
    /// does not serve the resource is taken as having none of it, and asked again every 30 s.
    public func run(_ deliver: (Event) async -> Void) async {
        var delay = 0.1
        var version: String?
        var saidAbsent = false
        while !Task.isCancelled {
            do {
                if version == nil {
                    let list = try await client.list(resource, namespace: nil, options: options)
                    await deliver(.listed(list.items, resourceVersion: list.resourceVersion))
                    version = list.resourceVersion
                }
                var watching = options
                watching.resourceVersion = version ?? ""
                watching.allowWatchBookmarks = true
                for try await event in try await client.watch(resource, namespace: nil, options: watching) {
                    delay = 0.1
                    version = event.object.resourceVersion
                    await deliver(.changed(event))
                }
                try await sleep(0.01)
            } catch is CancellationError {
                return
            } catch let error as APIError where error.isNotFound {
                if !saidAbsent { await deliver(.listed([], resourceVersion: "")) }
                saidAbsent = true
                version = nil
                guard (try? await sleep(30)) != nil else { return }
            } catch {
                logger.debug("watching again", metadata: ["resource": "\(resource)", "error": "\(error)"])
                if (error as? APIError)?.isExpired ?? true { version = nil }
                guard (try? await sleep(delay)) != nil else { return }
                delay = min(delay * 2, 10)
            }
        }
    }
}
