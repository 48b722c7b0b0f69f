/// Descriptions that columns of all kinds share. Source: the API reference of ObjectMeta (Apache-2.0), as kube-apiserver answers them.
extension TableColumn {
    static let ofName = """
        Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to \
        request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and \
        configuration definition. Cannot be updated. \
        More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names
        """

    static let ofCreation = """
        CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in \
        happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in \
        UTC.

        Populated by the system. Read-only. Null for lists. \
        More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata
        """
}
