using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// Who reads from whom, and with what weight: the matrix A [batch, N, N] of a graph over N nodes. It is known by what it does to the nodes'
/// features; the matrix itself is made only when asked for. See <see cref="GraphFilter"/>.
/// </summary>
public abstract class Affinity
{
    /// <summary>A Z: what every node reads.</summary>
    /// <param name="features">Z, [batch, N, channels].</param>
    /// <returns>[batch, N, channels].</returns>
    public abstract Value Apply(Value features);

    /// <summary>The weights with which chosen nodes read all nodes: rows of A, [batch, nodes, N].</summary>
    /// <exception cref="ArgumentOutOfRangeException">A node that does not exist.</exception>
    public abstract Value Rows(params ReadOnlySpan<int> nodes);

    /// <summary>A itself, [batch, N, N], by its definition. As large as it looks.</summary>
    public abstract Value Map();

    /// <summary>The same matrix, stored: for tests and for teaching.</summary>
    public Affinity Literal() => Given(Map());

    /// <summary>A matrix that exists, [batch, N, N].</summary>
    public static Affinity Given(Value map) => new GivenAffinity(map);

    /// <summary>softmax_row(scale·Q Kᵀ): rows sum to 1. Applied in tiles.</summary>
    /// <param name="query">Q, [batch, N, d].</param>
    /// <param name="key">K, [batch, N, d].</param>
    /// <param name="scale">Of the scores.</param>
    public static Affinity Softmax(Value query, Value key, double scale = 1) => new SoftmaxAffinity(query, key, scale);

    /// <summary>scale·Q Kᵀ, of rank d. Applied in the cheaper order.</summary>
    /// <param name="query">Q, [batch, N, d].</param>
    /// <param name="key">K, [batch, N, d].</param>
    /// <param name="scale">Of all weights.</param>
    public static Affinity Linear(Value query, Value key, double scale = 1) => new LinearAffinity(query, key, scale);

    /// <summary>
    /// D^-½ M D^-½ with M = (T Pᵀ + P Tᵀ)/2 and D the sums of M's rows; rows of nodes that nobody reads stay zero. Of rank 2d, and
    /// applied so.
    /// </summary>
    /// <param name="theta">T, [batch, N, d], not negative.</param>
    /// <param name="phi">P, [batch, N, d], not negative.</param>
    public static Affinity Symmetric(Value theta, Value phi) => new SymmetricAffinity(((Value[])[theta, phi]).Concat(-1));

    /// <summary>
    /// A softmax over the lines through each position of a map, its row and its column, which meet in itself once: masked, rows sum to 1.
    /// Applied line by line.
    /// </summary>
    /// <param name="query">Q, a map [batch, positions…, d]; its positions, row-major, are the nodes.</param>
    /// <param name="key">K, of the same shape.</param>
    public static Affinity CrissCross(Value query, Value key) => new CrissCrossAffinity(query, key);

    private sealed class GivenAffinity(Value map) : Affinity
    {
        public override Value Apply(Value features) => map.MatMul(features);

        public override Value Rows(params ReadOnlySpan<int> nodes) => Positions.Rows(map, nodes);

        public override Value Map() => map;
    }

    private sealed class SoftmaxAffinity(Value query, Value key, double scale) : Affinity
    {
        public override Value Apply(Value features) => query.Attend(key, features, scale);

        public override Value Rows(params ReadOnlySpan<int> nodes) =>
            PairwiseRules.SoftmaxMap(Positions.Rows(query, nodes), key, scale, null);

        public override Value Map() => PairwiseRules.SoftmaxMap(query, key, scale, null);
    }

    private sealed class LinearAffinity(Value query, Value key, double scale) : Affinity
    {
        public override Value Apply(Value features) => PairwiseRules.Linear(query, key, features, scale, Route.Automatic);

        public override Value Rows(params ReadOnlySpan<int> nodes) => PairwiseRules.LinearMap(Positions.Rows(query, nodes), key, scale);

        public override Value Map() => PairwiseRules.LinearMap(query, key, scale);
    }

    private sealed class CrissCrossAffinity(Value query, Value key) : Affinity
    {
        public override Value Apply(Value features)
        {
            Value map = features.Reshape(query.Shape.With(^1, features.Shape.Last));
            return Positions.Flatten(query.AttendCrissCross(key, map, ownOnce: true));
        }

        public override Value Rows(params ReadOnlySpan<int> nodes) => Weights(Positions.Rows(Positions.Flatten(query), nodes), nodes);

        public override Value Map() => Weights(Positions.Flatten(query), [.. Enumerable.Range(0, (int)query.Shape[1..^1].Count)]);

        private Value Weights(Value rows, ReadOnlySpan<int> nodes) =>
            (PairwiseRules.LinearMap(rows, Positions.Flatten(key), 1) + query.Graph.Constant(Mask(nodes))).Softmax();

        // 0 where two positions differ along one axis at most, −∞ elsewhere.
        private Tensor Mask(ReadOnlySpan<int> nodes)
        {
            Shape lengths = query.Shape[1..^1];
            int count = (int)lengths.Count;
            Tensor mask = new([nodes.Length, count]);
            for (int i = 0; i < nodes.Length; i++)
            {
                for (int node = 0; node < count; node++)
                {
                    mask.Span[(i * count) + node] = Differences(nodes[i], node, lengths) > 1 ? float.NegativeInfinity : 0;
                }
            }

            return mask;
        }

        private static int Differences(int a, int b, Shape lengths)
        {
            int different = 0;
            for (int axis = lengths.Rank - 1; axis >= 0; axis--)
            {
                different += a % lengths[axis] == b % lengths[axis] ? 0 : 1;
                (a, b) = (a / lengths[axis], b / lengths[axis]);
            }

            return different;
        }
    }
}
