using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>What chosen positions of an attention block read while the network around it answers.</summary>
public static class AttentionView
{
    /// <summary>
    /// Compiles a network for inference that also shows rows of the map of one of its blocks; only these rows are computed.
    /// </summary>
    /// <param name="network">From pictures, say, to logits.</param>
    /// <param name="block">A block inside it.</param>
    /// <param name="input">The whole input shape, batch included.</param>
    /// <param name="queries">Positions of the block's map, row-major over its spatial axes; of channel attention, channels.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <returns>Input 0 is x; output 0 is the network's, output 1 the weights [batch, queries, keys].</returns>
    /// <exception cref="ArgumentException">The block is no part of the network, or the network uses it more than once.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    /// <exception cref="NotSupportedException">The block has no weights of single positions or channels.</exception>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public static Program Compile(
        Layer network, Layer block, Shape input, ReadOnlySpan<int> queries, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(block);
        Graph graph = new();
        Value output = network.BuildForInference(graph.Input("x", input));
        Value read = BlockPlace.Find(block, network, output).Input;
        return Program.Compile(graph, [output, AttentionTap.Of(block).Rows(read, queries)], options);
    }
}
