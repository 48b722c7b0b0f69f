extension Kinds {
    static func clusterRoleBinding(_ resource: inout Resource) { bindings(&resource) }
}
