extension Kinds {
    static func validatingAdmissionPolicyBinding(_ resource: inout Resource) { admissionBindings(&resource) }
}
