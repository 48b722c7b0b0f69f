extension Kinds {
    static func mutatingAdmissionPolicy(_ resource: inout Resource) { admissionPolicies(&resource) }
}
