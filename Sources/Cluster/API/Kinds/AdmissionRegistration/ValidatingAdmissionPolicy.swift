extension Kinds {
    static func validatingAdmissionPolicy(_ resource: inout Resource) { admissionPolicies(&resource) }
}
