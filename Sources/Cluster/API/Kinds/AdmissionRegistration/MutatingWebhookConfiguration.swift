extension Kinds {
    static func mutatingWebhookConfiguration(_ resource: inout Resource) { webhooks(&resource) }
}
