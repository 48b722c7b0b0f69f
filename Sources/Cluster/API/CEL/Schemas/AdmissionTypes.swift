extension CEL {
    /// The names that admission policies and match conditions can use, and their types.
    /// Source: k8s.io/apiserver/pkg/admission/plugin/cel, compile.go.
    enum AdmissionTypes {
        static let request = "kubernetes.AdmissionRequest"
        static let namespace = "kubernetes.Namespace"
        static let variables = "kubernetes.variables"
        static let authorizer = TypeOf.opaque("kubernetes.authorization.Authorizer", [])
        static let resourceCheck = TypeOf.opaque("kubernetes.authorization.ResourceCheck", [])

        /// What an expression sees.
        /// - Parameters:
        ///   - hasParameters: the policy has a kind of parameters.
        ///   - hasAuthorizer: it may ask who may do what.
        ///   - variables: the policy's own, by their names; nil where there are none to be had.
        static func environment(hasParameters: Bool, hasAuthorizer: Bool, variables: [String: TypeOf]? = nil) -> Environment {
            var environment = Environment()
            environment.structures = structures
            environment.variables = [
                "object": .dyn, "oldObject": .dyn, "request": .object(request), "namespaceObject": .object(namespace),
            ]
            if hasParameters { environment.variables["params"] = .dyn }
            if hasAuthorizer {
                environment.variables["authorizer"] = authorizer
                environment.variables["authorizer.requestResource"] = resourceCheck
            }
            if let variables {
                environment.structures[self.variables] = Environment.Structure(variables)
                environment.variables["variables"] = .object(self.variables)
            }
            return environment
        }

        private static let texts: TypeOf = .map(.string, .string)

        private static let structures: [String: Environment.Structure] = [
            request: .init([
                "kind": .object("kubernetes.GroupVersionKind"), "resource": .object("kubernetes.GroupVersionResource"),
                "subResource": .string, "requestKind": .object("kubernetes.GroupVersionKind"),
                "requestResource": .object("kubernetes.GroupVersionResource"), "requestSubResource": .string, "name": .string,
                "namespace": .string, "operation": .string, "userInfo": .object("kubernetes.UserInfo"), "dryRun": .bool, "options": .dyn,
            ]),
            "kubernetes.GroupVersionKind": .init(["group": .string, "version": .string, "kind": .string]),
            "kubernetes.GroupVersionResource": .init(["group": .string, "version": .string, "resource": .string]),
            "kubernetes.UserInfo": .init([
                "username": .string, "uid": .string, "groups": .list(.string), "extra": .map(.string, .list(.string)),
            ]),
            namespace: .init([
                "metadata": .object("kubernetes.NamespaceMetadata"), "spec": .object("kubernetes.NamespaceSpec"),
                "status": .object("kubernetes.NamespaceStatus"),
            ]),
            "kubernetes.NamespaceMetadata": .init([
                "name": .string, "generateName": .string, "namespace": .string, "labels": texts, "annotations": texts, "UID": .string,
                "creationTimestamp": .timestamp, "deletionGracePeriodSeconds": .int, "deletionTimestamp": .timestamp, "generation": .int,
                "resourceVersion": .string, "finalizers": .list(.string),
            ]),
            "kubernetes.NamespaceSpec": .init(["finalizers": .list(.string)]),
            "kubernetes.NamespaceStatus": .init(["phase": .string]),
        ]
    }

    /// Whether a text can be a name in expressions.
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, Lexer.isLetter(first) || first == "_" else { return false }
        return text.unicodeScalars.allSatisfy(Lexer.isWordPart) && !Parser.reserved.contains(text)
    }
}
