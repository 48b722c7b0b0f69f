extension Kinds {
    static func role(_ resource: inout Resource) { roles(&resource) }
}
