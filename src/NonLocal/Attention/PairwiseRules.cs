using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>The weighted sums over all keys, each by its cheap exact route and as it is written, and the weights themselves.</summary>
/// <remarks>Queries are [batch, N, d], keys [batch, M, d], values [batch, M, e].</remarks>
internal static class PairwiseRules
{
    /// <summary>softmax_row(scale·Q Kᵀ + 1 biasᵀ) V.</summary>
    public static Value Softmax(Value query, Value key, Value value, double scale, Value? keyBias, Route route) =>
        route == Route.Automatic
            ? query.Attend(key, value, scale, keyBias)
            : SoftmaxMap(query, key, scale, keyBias).MatMul(value);

    /// <summary>softmax_row(scale·Q Kᵀ + 1 biasᵀ), [batch, N, M].</summary>
    public static Value SoftmaxMap(Value query, Value key, double scale, Value? keyBias)
    {
        Value scores = query.MatMul(key, transposeRight: true);
        scores = scale == 1 ? scores : scores * scale;
        return (keyBias is null ? scores : scores + keyBias.Transpose()).Softmax();
    }

    /// <summary>Q Kᵀ V / M, in the cheaper order.</summary>
    public static Value DotProduct(Value query, Value key, Value value, Route route)
    {
        long queries = query.Shape[1];
        long keys = key.Shape[1];
        long width = key.Shape.Last;
        long channels = value.Shape.Last;
        bool mapFirst = queries * keys * (width + channels) < (queries + keys) * width * channels;
        if (route == Route.Literal || mapFirst)
        {
            return DotProductMap(query, key).MatMul(value);
        }

        Value summary = key.MatMul(value, transposeLeft: true) * (1.0 / keys);
        return query.MatMul(summary);
    }

    /// <summary>Q Kᵀ / M, [batch, N, M].</summary>
    public static Value DotProductMap(Value query, Value key) => query.MatMul(key, transposeRight: true) * (1.0 / key.Shape[1]);

    /// <summary>relu(a 1ᵀ + 1 bᵀ) V / M, for columns a [batch, N, 1] and b [batch, M, 1].</summary>
    public static Value Concatenation(Value a, Value b, Value value, Route route) => route == Route.Automatic
        ? a.AttendByConcatenation(b, value)
        : ConcatenationMap(a, b).MatMul(value);

    /// <summary>relu(a 1ᵀ + 1 bᵀ) / M, [batch, N, M].</summary>
    public static Value ConcatenationMap(Value a, Value b) => (a + b.Transpose()).Relu() * (1.0 / b.Shape[1]);
}
