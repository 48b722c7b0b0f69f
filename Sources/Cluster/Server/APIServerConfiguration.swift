import ClusterClient

/// What is set when a server starts.
public struct APIServerConfiguration: Sendable {
    /// `--service-cluster-ip-range`.
    public var serviceNetwork: ServiceNetwork
    /// `--disable-admission-plugins`.
    public var disabledAdmissionPlugins: Set<String>
    /// `--enable-admission-plugins`: besides those that are on by themselves.
    public var enabledAdmissionPlugins: Set<String> = []
    /// `--service-account-issuer`.
    public var serviceAccountIssuer: String
    /// What service-account tokens are signed with.
    public var serviceAccountKey = ServiceAccountKey()
    /// From `--token-auth-file`.
    public var tokens: TokenFile
    /// Where clients outside find the server, for the `kubernetes` service's endpoints.
    public var advertisedAddress: String

    /// `--authorization-mode`: who is asked, in this order, whether a request is allowed.
    public var authorizationModes: [AuthorizationMode] = [.node, .rbac]

    /// `--max-requests-inflight` and `--max-mutating-requests-inflight`.
    public var mostReads = 400
    public var mostWrites = 200

    /// What `/metrics` shows.
    public var metrics = Metrics()

    /// Writes down who did what; nil where nobody does.
    public var auditor: Auditor?

    /// How nodes are reached for logs; nil where there are none.
    public var nodes: NodeConnection?

    /// Reads and writes YAML bodies; nil where only JSON is spoken.
    public var yaml: YAMLCodec?

    /// `--allow-unenforced`: take objects that ask for what is not enforced, see ``Unenforced``, instead of refusing them.
    public var allowsUnenforced = false

    /// `--profiling`: serve where this process spends its processor time, see ``ProfileDocuments``.
    public var isProfiled = false

    public init(
        serviceNetwork: ServiceNetwork = .standard, disabledAdmissionPlugins: Set<String> = [],
        serviceAccountIssuer: String = "https://kubernetes.default.svc.cluster.local", tokens: TokenFile = TokenFile(),
        advertisedAddress: String = "127.0.0.1"
    ) {
        self.serviceNetwork = serviceNetwork
        self.disabledAdmissionPlugins = disabledAdmissionPlugins
        self.serviceAccountIssuer = serviceAccountIssuer
        self.tokens = tokens
        self.advertisedAddress = advertisedAddress
    }
}
