import ClusterObjects

extension APIError {
    /// A patch that cannot be applied to this object, as a kube-apiserver says it: 422 without a word about why.
    static let unprocessablePatch = APIError(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
        details: .emptyObject)

    /// An error that Kubernetes passes on as it is: 500 without a reason.
    static func plain(_ message: String) -> APIError { APIError(code: 500, reason: "", message: message) }
}
