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
        Value scores = LinearMap(query, key, scale);
        return (keyBias is null ? scores : scores + keyBias.Transpose()).Softmax();
    }

    /// <summary>Q Kᵀ V / M, in the cheaper order.</summary>
    public static Value DotProduct(Value query, Value key, Value value, Route route) =>
        Linear(query, key, value, 1.0 / key.Shape[1], route);

    /// <summary>Q Kᵀ / M, [batch, N, M].</summary>
    public static Value DotProductMap(Value query, Value key) => LinearMap(query, key, 1.0 / key.Shape[1]);

    /// <summary>scale·Q Kᵀ V, in the cheaper order.</summary>
    public static Value Linear(Value query, Value key, Value value, double scale, Route route)
    {
        if (route == Route.Literal || MapIsCheaper(query.Shape[1], key.Shape[1], key.Shape.Last, value.Shape.Last))
        {
            return LinearMap(query, key, scale).MatMul(value);
        }

        return query.MatMul(Scaled(key.MatMul(value, transposeLeft: true), scale));
    }

    /// <summary>scale·Q Kᵀ, [batch, N, M].</summary>
    public static Value LinearMap(Value query, Value key, double scale) => Scaled(query.MatMul(key, transposeRight: true), scale);

    /// <summary>Whether (Q Kᵀ) V takes fewer multiply-adds than Q (Kᵀ V), for keys of d channels and values of e.</summary>
    public static bool MapIsCheaper(long queries, long keys, long width, long channels) =>
        queries * keys * (width + channels) < (queries + keys) * width * channels;

    /// <summary>relu(a 1ᵀ + 1 bᵀ) V / M, for columns a [batch, N, 1] and b [batch, M, 1].</summary>
    public static Value Concatenation(Value a, Value b, Value value, Route route) => route == Route.Automatic
        ? a.AttendByConcatenation(b, value)
        : ConcatenationMap(a, b).MatMul(value);

    /// <summary>relu(a 1ᵀ + 1 bᵀ) / M, [batch, N, M].</summary>
    public static Value ConcatenationMap(Value a, Value b) => (a + b.Transpose()).Relu() * (1.0 / b.Shape[1]);

    private static Value Scaled(Value x, double scale) => scale == 1 ? x : x * scale;
}
