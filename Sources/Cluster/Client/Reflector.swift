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
    private let namespace: String?
    private let options: ListOptions
    private let keepsManagedFields: Bool
    private let logger: Logger
    private let sleep: @Sendable (Double) async throws -> Void

    /// - Parameters:
    ///   - namespace: nil for all of them.
    ///   - keepsManagedFields: false for who keeps the objects and does not ask who set their fields: these are half of an object. (A write
    ///     without managedFields leaves them as they are.)
    public init(
        client: any Client, resource: GroupVersionResource, namespace: String? = nil, options: ListOptions = ListOptions(),
        keepsManagedFields: Bool = true, logger: Logger,
        sleep: @escaping @Sendable (Double) async throws -> Void = Reflector.systemSleep
    ) {
        self.client = client
        self.resource = resource
        self.namespace = namespace
        self.options = options
        self.keepsManagedFields = keepsManagedFields
        self.logger = logger
        self.sleep = sleep
    }

    private func delivered(_ object: APIObject) -> APIObject { keepsManagedFields ? object : object.withoutManagedFields }

    /// Sleeps on the machine's clock.
    public static let systemSleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

    /// Delivers events in order until it is cancelled. A server that cannot be reached is tried again after 0.1 to 10 s, one that
    /// does not serve the resource is taken as having none of it, and asked again every 30 s. A server that goes on refusing is
    /// complained of once, until it has answered.
    public func run(_ deliver: (Event) async -> Void) async {
        var state = ReflectorState()
        while !Task.isCancelled {
            var wait: Double
            do {
                switch state.step {
                case .list:
                    let list = try await client.list(resource, namespace: namespace, options: options)
                    await deliver(.listed(list.items.map(delivered), resourceVersion: list.resourceVersion))
                    state.listed(list.resourceVersion)
                    continue
                case .watch(let version):
                    var watching = options
                    watching.resourceVersion = version
                    watching.allowWatchBookmarks = true
                    for try await event in try await client.watch(resource, namespace: namespace, options: watching) {
                        state.saw(event.object.resourceVersion)
                        await deliver(.changed(WatchEvent(event.kind, delivered(event.object))))
                    }
                    wait = state.ended(random: .random(in: 0...1))
                }
            } catch is CancellationError {
                return
            } catch {
                logger.debug("watching again", metadata: ["resource": "\(resource)", "error": "\(error)"])
                let failed = state.failed(error, random: .random(in: 0...1))
                if failed.empties { await deliver(.listed([], resourceVersion: "")) }
                if failed.tellsRefusal { complain(error) }
                wait = failed.seconds
            }
            if wait > 0, (try? await sleep(wait)) == nil { return }
        }
    }

    private func complain(_ error: any Error) {
        var metadata: Logger.Metadata = ["resource": "\(resource)", "error": "\(error)"]
        if let namespace { metadata["namespace"] = "\(namespace)" }
        if !options.fieldSelector.isEmpty { metadata["selector"] = "\(options.fieldSelector)" }
        logger.warning("refused to follow a resource; trying again", metadata: metadata)
    }
}
