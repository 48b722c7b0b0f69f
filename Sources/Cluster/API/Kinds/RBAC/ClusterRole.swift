extension Kinds {
    static func clusterRole(_ resource: inout Resource) { roles(&resource) }
}
