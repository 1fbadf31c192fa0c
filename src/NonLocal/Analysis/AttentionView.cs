using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>What chosen positions of a non-local block read while the network around it answers.</summary>
public static class AttentionView
{
    /// <summary>
    /// Compiles a network for inference that also shows rows of the map of one of its blocks; only these rows are computed.
    /// </summary>
    /// <param name="network">From pictures, say, to logits.</param>
    /// <param name="block">A block inside it.</param>
    /// <param name="input">The whole input shape, batch included.</param>
    /// <param name="queries">Positions of the block's map, row-major over its spatial axes.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <returns>Input 0 is x; output 0 is the network's, output 1 the weights [batch, queries, keys].</returns>
    /// <exception cref="ArgumentException">The block is no part of the network, or the network uses it more than once.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public static Program Compile(
        Layer network, NonLocalBlock block, Shape input, ReadOnlySpan<int> queries, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(block);
        Graph graph = new();
        Value output = network.BuildForInference(graph.Input("x", input));
        Value read = InputOf(block, network, graph);
        return Program.Compile(graph, [output, block.AttentionRows(read, queries)], options);
    }

    // What the nodes of the block read from outside of it, besides parameters and numbers, is the map that it was given.
    private static Value InputOf(NonLocalBlock block, Layer network, Graph graph)
    {
        if (!network.Tree().Contains(block))
        {
            throw new ArgumentException("The block is no part of the network.", nameof(block));
        }

        Value[] found =
        [
            .. graph.Nodes
                .Where(node => IsInside(block, node))
                .SelectMany(node => node.Inputs)
                .Where(value => value.Node.Operation is not (ReadVariable or Number or Constant) && !IsInside(block, value.Node))
                .Distinct(),
        ];
        return found.Length == 1
            ? found[0]
            : throw new ArgumentException($"The network uses {block} on {found.Length} maps, expected one.", nameof(block));
    }

    private static bool IsInside(NonLocalBlock block, Node node) =>
        node.Layer == block.Path || node.Layer.StartsWith(block.Path + ".", StringComparison.Ordinal);
}
