using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>One softmax over all positions that every query shares: a single row in place of the N×N map.</summary>
internal static class SharedAttention
{
    /// <summary>softmax over positions of scores [batch, N, 1].</summary>
    public static Value Weights(Value scores) => scores.Softmax(1);

    /// <summary>Σ_j a_j v_j for weights [batch, N, 1] and values [batch, N, channels]: [batch, 1, channels].</summary>
    public static Value Sum(Value weights, Value values, Route route) => route == Route.Automatic
        ? weights.MatMul(values, transposeLeft: true)
        : (weights * values).Sum(1);

    /// <summary>The row that all queries have, [batch, 1, N], as often as there are queries: [batch, queries, N].</summary>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public static Value Rows(Value row, ReadOnlySpan<int> queries)
    {
        foreach (int query in queries)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(query, nameof(queries));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(query, row.Shape.Last, nameof(queries));
        }

        return row.BroadcastTo(row.Shape.With(1, queries.Length));
    }
}
