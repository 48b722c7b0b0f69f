extension Kinds {
    static func mutatingAdmissionPolicyBinding(_ resource: inout Resource) { admissionBindings(&resource) }
}
