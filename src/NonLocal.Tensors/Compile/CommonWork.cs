using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// Nodes with the same operation and the same inputs become one. Reads before and after an assignment are different values, so nothing
/// is merged across a state write; random numbers are left alone.
/// </summary>
internal static class CommonWork
{
    public static Computation Merge(Computation computation)
    {
        Dictionary<Work, IReadOnlyList<Value>> done = [];
        return Rewriter.Run(computation, Replace, _ => true);

        IReadOnlyList<Value>? Replace(Rewriter rewriter, Node node)
        {
            if (!node.Operation.IsPure)
            {
                return null;
            }

            Value[] inputs = [.. node.Inputs.Select(input => rewriter[input])];
            Work work = new(node.Operation, inputs);
            if (!done.TryGetValue(work, out IReadOnlyList<Value>? values))
            {
                done[work] = values = rewriter.Target.Add(node.Operation, inputs).Outputs;
            }

            return values;
        }
    }

    private sealed class Work(Operation operation, Value[] inputs) : IEquatable<Work>
    {
        private readonly Operation operation = operation;
        private readonly Value[] inputs = inputs;

        public bool Equals(Work? other) =>
            other is not null && operation.Equals(other.operation) && inputs.AsSpan().SequenceEqual(other.inputs);

        public override bool Equals(object? obj) => Equals(obj as Work);

        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.Add(operation);
            foreach (Value input in inputs)
            {
                hash.Add(input);
            }

            return hash.ToHashCode();
        }
    }
}
