namespace NonLocal.Tensors.Graphs;

/// <summary>A tensor that will exist when the graph runs: one output of a node. Its shape is known now.</summary>
public sealed class Value
{
    internal Value(Node node, int index, Shape shape)
    {
        Node = node;
        Index = index;
        Shape = shape;
    }

    /// <summary>The node that makes it.</summary>
    public Node Node { get; }

    /// <summary>Which of the node's outputs it is.</summary>
    public int Index { get; }

    /// <summary>The axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>The graph it belongs to.</summary>
    public Graph Graph => Node.Graph;

    /// <summary>Sum, with broadcasting.</summary>
    public static Value operator +(Value left, Value right) => left.Binary(BinaryKind.Add, right);

    /// <summary>Difference, with broadcasting.</summary>
    public static Value operator -(Value left, Value right) => left.Binary(BinaryKind.Subtract, right);

    /// <summary>Element-wise product, with broadcasting.</summary>
    public static Value operator *(Value left, Value right) => left.Binary(BinaryKind.Multiply, right);

    /// <summary>Quotient, with broadcasting.</summary>
    public static Value operator /(Value left, Value right) => left.Binary(BinaryKind.Divide, right);

    /// <summary>Sum with a number.</summary>
    public static Value operator +(Value left, double right) => left.Binary(BinaryKind.Add, left.Graph.Constant(right));

    /// <summary>Difference with a number.</summary>
    public static Value operator -(Value left, double right) => left.Binary(BinaryKind.Subtract, left.Graph.Constant(right));

    /// <summary>Product with a number.</summary>
    public static Value operator *(Value left, double right) => left.Binary(BinaryKind.Multiply, left.Graph.Constant(right));

    /// <summary>Negation.</summary>
    public static Value operator -(Value value) => value.Unary(UnaryKind.Negate);

    /// <inheritdoc/>
    public override string ToString() => $"{Node.Layer}:{Node.Operation.Name}#{Node.Id}.{Index} {Shape}";
}
