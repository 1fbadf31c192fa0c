using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>Where a block stands in the graph of the network around it: what it is given and what it makes.</summary>
/// <param name="Input">The map that its nodes read from outside, besides parameters and numbers.</param>
/// <param name="Output">The value of its nodes that others read.</param>
internal sealed record BlockPlace(Value Input, Value Output)
{
    /// <summary>Finds a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="network">The network that the graph was built from.</param>
    /// <param name="output">What the network makes.</param>
    /// <exception cref="ArgumentException">The block is no part of the network, or the network uses it more than once.</exception>
    public static BlockPlace Find(Layer block, Layer network, Value output)
    {
        if (!network.Tree().Contains(block))
        {
            throw new ArgumentException("The block is no part of the network.", nameof(block));
        }

        Node[] inside = [.. output.Graph.Nodes.Where(node => IsInside(block, node))];
        Value[] inputs =
        [
            .. inside.SelectMany(node => node.Inputs)
                .Where(value => value.Node.Operation is not (ReadVariable or Number or Constant) && !IsInside(block, value.Node))
                .Distinct(),
        ];
        if (inputs.Length != 1)
        {
            throw new ArgumentException($"The network uses {block} on {inputs.Length} maps, expected one.", nameof(block));
        }

        Value[] outputs =
        [
            .. output.Graph.Nodes.Where(node => !IsInside(block, node))
                .SelectMany(node => node.Inputs)
                .Append(output)
                .Where(value => IsInside(block, value.Node))
                .Distinct(),
        ];
        return outputs.Length == 1
            ? new BlockPlace(inputs[0], outputs[0])
            : throw new ArgumentException($"{block} makes {outputs.Length} values, expected one.", nameof(block));
    }

    private static bool IsInside(Layer block, Node node) => node.Operation is not (GraphInput or ReadVariable or Number or Constant)
        && (block.Path.Length == 0 || node.Layer == block.Path || node.Layer.StartsWith(block.Path + ".", StringComparison.Ordinal));
}
