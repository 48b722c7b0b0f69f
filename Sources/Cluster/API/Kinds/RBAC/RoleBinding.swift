extension Kinds {
    static func roleBinding(_ resource: inout Resource) { bindings(&resource) }
}
