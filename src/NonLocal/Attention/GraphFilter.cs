using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>The polynomials T_k of a graph filter.</summary>
public enum FilterBasis
{
    /// <summary>A^k.</summary>
    Powers,

    /// <summary>
    /// Chebyshev's: T_0 = I, T_1 = A, T_k = 2 A T_(k−1) − T_(k−2). They stay bounded where A's eigenvalues lie in [−1, 1].
    /// </summary>
    Chebyshev,
}

/// <summary>
/// The unified view of non-local blocks (Zhu et al., arXiv 2108.02451): each is a filter F(A, Z) = Σ_k T_k(A) Z W_k on a graph whose nodes
/// read from each other by an affinity A.
/// </summary>
/// <remarks>
/// Non-local: nodes are positions, A a softmax, W_0 = 0. Non-local stage: W_0 = −W_1. Double attention: A = softmax_n(V) softmax_N(B)ᵀ.
/// Compact generalized non-local: nodes are pairs of position and channel, A = vec(t) vec(p)ᵀ. Criss-cross: A is masked by row and column.
/// Spectral non-local: A symmetric and normalised, W_0 and W_1 free; more terms make it the general form. For a normalised Laplacian
/// L = I − A and λ_max = 2, the rescaled Laplacian is −A, so a Chebyshev series in it is one in A.
/// </remarks>
public static class GraphFilter
{
    /// <summary>T_0(A) Z, T_1(A) Z, …: each costs one more application of A.</summary>
    /// <param name="affinity">A.</param>
    /// <param name="features">Z, [batch, N, channels].</param>
    /// <param name="terms">How many, from 1.</param>
    /// <param name="basis">Which polynomials.</param>
    /// <exception cref="ArgumentOutOfRangeException">No terms.</exception>
    public static IReadOnlyList<Value> Terms(
        Affinity affinity, Value features, int terms, FilterBasis basis = FilterBasis.Chebyshev)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(terms, 1);
        List<Value> list = [features];
        while (list.Count < terms)
        {
            Value next = affinity.Apply(list[^1]);
            list.Add(basis == FilterBasis.Powers || list.Count == 1 ? next : (next * 2) - list[^2]);
        }

        return list;
    }

    /// <summary>Σ_k T_k(A) Z W_k, with as many terms as there are coefficients.</summary>
    /// <param name="affinity">A.</param>
    /// <param name="features">Z, [batch, N, channels].</param>
    /// <param name="coefficients">W_0, W_1, …, each [channels, outputs]; null: that term is left out.</param>
    /// <param name="basis">Which polynomials.</param>
    /// <returns>[batch, N, outputs].</returns>
    /// <exception cref="ArgumentException">No coefficient at all.</exception>
    public static Value Apply(
        Affinity affinity, Value features, IReadOnlyList<Value?> coefficients, FilterBasis basis = FilterBasis.Chebyshev)
    {
        Value? sum = null;
        foreach ((Value term, Value? coefficient) in Terms(affinity, features, coefficients.Count, basis).Zip(coefficients))
        {
            if (coefficient is not null)
            {
                Value part = term.MatMul(coefficient);
                sum = sum is null ? part : sum + part;
            }
        }

        return sum ?? throw new ArgumentException("a filter needs at least one coefficient.", nameof(coefficients));
    }
}
