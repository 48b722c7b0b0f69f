import ClusterObjects

/// What can happen to a pod, in the order in which its worker hears of it.
enum PodMessage: Sendable {
    case updated(Pod)
    /// The API has forgotten it.
    case gone
    /// A ConfigMap or Secret that it is made from has changed.
    case sourceChanged
    /// Tokens in its volumes are near their end.
    case tokensAge
    case sandboxReady(address: String?)
    case sandboxFailed(String)
    case sandboxEnded
    case volumesRefreshed
    case container(ContainerEvent)
    case startRefused(String, reason: String, message: String, ran: Bool)
    case probe(String, attempt: Int, ProbeKind, Bool)
    /// Its preStop hook is over, and its stop signal sent.
    case signalled(String)
    case statusWritten(APIObject?)
    /// Only to look again: a time has come.
    case wake
}
