extension Kinds {
    static func validatingWebhookConfiguration(_ resource: inout Resource) { webhooks(&resource) }
}
