import ClusterObjects

/// What the `scale` of a custom resource may say of its objects.
/// Source: apiextensions-apiserver, pkg/registry/customresource/validator.go.
struct CustomScaleRules: Sendable {
    private let specReplicas: String
    private let statusReplicas: String
    private let selector: String

    /// - Parameter scale: `subresources.scale` of a version.
    init(_ scale: Value) {
        specReplicas = scale["specReplicasPath"]?.string ?? ""
        statusReplicas = scale["statusReplicasPath"]?.string ?? ""
        selector = scale["labelSelectorPath"]?.string ?? ""
    }

    func problems(of object: Value) -> [Problem] { count(specReplicas, object) + statusProblems(of: object) }

    func statusProblems(of object: Value) -> [Problem] {
        var problems = count(statusReplicas, object)
        if !selector.isEmpty, let value = value(selector, object), value.string == nil {
            problems.append(
                Problem(
                    field: selector, reason: .invalid,
                    body:
                        "Invalid value: \"\": \(selector) accessor error: \(value.goText) is of the type \(value.goTypeName), expected string"
                ))
        }
        return problems
    }

    private func value(_ path: String, _ object: Value) -> Value? {
        object[path: path.split(separator: ".").map(String.init)]
    }

    private func count(_ path: String, _ object: Value) -> [Problem] {
        guard let number = value(path, object)?.int else { return [] }
        let text: String
        if number < 0 {
            text = "should be a non-negative integer"
        } else if number > Int32.max {
            text = "should be less than or equal to \(Int32.max)"
        } else {
            return []
        }
        return [Problem(field: path, reason: .invalid, body: "Invalid value: \(number): \(text)")]
    }
}
