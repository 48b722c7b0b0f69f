import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore
import Logging
import Synchronization

/// The API of a cluster: takes requests of known users through decoding, patching, defaults, admission and validation to the store.
///
/// It has no transport: ``LocalClient`` calls it in process, ``HTTPFront`` over HTTP.
public final class APIServer: Sendable {
    let configuration: APIServerConfiguration
    let store: any Store
    let registry: Registry
    let logger: Logger
    let admission: AdmissionChain
    let allocator: ServiceAllocator
    let quotas: QuotaLedger
    let definitions = Definitions()
    let unenforced = UnenforcedObjects()
    let authorizer: AuthorizerChain
    /// The roles in the store, whether or not requests are authorized by them.
    let roles: RoleBasedAuthorizer
    let verifiedTokens = VerifiedTokens()
    let deletions = DeletionLog()
    let parsed = ParsedObjects()
    /// Requests that are worked on at a time, over HTTP: those in process are the cluster's own.
    let readLimit: InflightLimit
    let writeLimit: InflightLimit
    let metrics: Metrics
    let requestMetrics: RequestMetrics
    private let fieldManagers = Mutex<[ManagedKind: FieldManager]>([:])

    private struct ManagedKind: Hashable {
        var resource: GroupVersionResource
        var subresource: String
    }

    public init(configuration: APIServerConfiguration, store: any Store, registry: Registry, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.registry = registry
        self.logger = logger
        admission = AdmissionChain(enabled: configuration.enabledAdmissionPlugins, disabled: configuration.disabledAdmissionPlugins)
        quotas = QuotaLedger(isEnabled: !configuration.disabledAdmissionPlugins.contains(QuotaLedger.name))
        allocator = ServiceAllocator(configuration: configuration, store: store)
        readLimit = InflightLimit(seats: configuration.mostReads)
        writeLimit = InflightLimit(seats: configuration.mostWrites)
        metrics = configuration.metrics
        requestMetrics = RequestMetrics(configuration.metrics)
        let roles = RoleBasedAuthorizer(store)
        self.roles = roles
        authorizer = AuthorizerChain(
            authorizers: configuration.authorizationModes.map { mode -> any Authorizer in
                switch mode {
                case .alwaysAllow: FixedAuthorizer(allows: true)
                case .alwaysDeny: FixedAuthorizer(allows: false)
                case .node: NodeAuthorizer(store)
                case .rbac: roles
                }
            })
        registerMetrics()
    }

    /// A client that makes requests as this user, in process: authorized as any other. By default one who may do everything.
    public func localClient(
        user: String, groups: [String] = ["system:masters", "system:authenticated"]
    ) -> LocalClient {
        LocalClient(server: self, user: UserInfo(name: user, groups: groups))
    }

    /// What keeps the managedFields of a kind's objects; made once a kind. Custom kinds change, so theirs is made anew.
    func fieldManager(_ target: Target) -> FieldManager {
        if target.resource.isCustom { return FieldManager(target.resource, subresource: target.subresource) }
        let key = ManagedKind(resource: target.resource.gvr, subresource: target.subresource)
        if let known = fieldManagers.withLock({ $0[key] }) { return known }
        let made = FieldManager(target.resource, subresource: target.subresource)
        fieldManagers.withLock { $0[key] = made }
        return made
    }

    /// Where a resource's objects are kept: of several versions in one place.
    func collection(_ resource: Resource) -> GroupResource { resource.storedAs?.groupResource ?? resource.groupResource }

    /// The current object.
    /// - Throws: 404, or 500 for one that is damaged on disk.
    func stored(_ target: Target) throws(APIError) -> StoredObject {
        guard let object = store.get(collection(target.resource), target.path) else {
            throw .notFound(target.resource.groupResource, target.name)
        }
        try checkIntact(object, target.resource.groupResource)
        return object.served(as: target.resource)
    }
}
