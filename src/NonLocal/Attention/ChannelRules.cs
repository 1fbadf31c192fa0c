using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>How alike channels are weighted.</summary>
public enum ChannelSimilarity
{
    /// <summary>softmax(−E): most weight to the least alike channel. All published code and weights.</summary>
    Unlike,

    /// <summary>softmax(E): most weight to the most alike channel. The papers' formula.</summary>
    Alike,
}

/// <summary>Attention between the channels of a table [batch, N, C]: its map is [batch, C, C], whatever N.</summary>
internal static class ChannelRules
{
    /// <summary>softmax_row(±XᵀX). Row c says how much channel c reads of every channel.</summary>
    /// <remarks>
    /// The softmax takes each row's largest exponent away, which is the published max − E but for rounding; the literal route writes it
    /// out.
    /// </remarks>
    public static Value Map(Value table, ChannelSimilarity similarity, Route route)
    {
        Value energy = table.MatMul(table, transposeLeft: true);
        if (similarity == ChannelSimilarity.Alike)
        {
            return energy.Softmax();
        }

        return (route == Route.Literal ? energy.Max(-1) - energy : -energy).Softmax();
    }

    /// <summary>Every channel as the weighted sum of all: X Aᵀ, [batch, N, C].</summary>
    public static Value Read(Value table, Value map) => table.MatMul(map, transposeRight: true);
}
