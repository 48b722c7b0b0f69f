/// The Common Expression Language, as Kubernetes 1.36 uses it: rules of CustomResourceDefinitions, admission policies, match conditions.
///
/// An expression passes three stages. ``Parser`` makes a tree of text (`Syntax`, on the machinery in `Grammar`), ``Checker`` finds the
/// types of its parts and what its names mean (`Checking`, with the functions declared in `Library`), and ``Program`` runs it
/// (`Evaluation`). Messages are those of cel-go, whose texts Kubernetes passes on to its users.
/// Source: the language definition at github.com/google/cel-spec, and cel-go, the implementation in Kubernetes.
public enum CEL {}
