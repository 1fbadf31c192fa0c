using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>What an attention block showed while its network answered about one input.</summary>
/// <param name="Tap">The block.</param>
/// <param name="Map">The shape of its input, [1, positions…, channels].</param>
/// <param name="Readers">Whose weights were asked for: positions, row-major, or channels.</param>
/// <param name="Weights">[readers, what is read].</param>
public sealed record AttentionReading(AttentionTap Tap, Shape Map, IReadOnlyList<int> Readers, float[] Weights)
{
    /// <summary>How many weights each reader has.</summary>
    public int Width => Weights.Length / Readers.Count;

    /// <summary>The weights of a reader.</summary>
    /// <param name="index">Its place in <see cref="Readers"/>.</param>
    public ReadOnlySpan<float> Row(int index) => Weights.AsSpan(index * Width, Width);

    /// <summary>Runs a network once and looks at its blocks; only the rows asked for are computed.</summary>
    /// <param name="network">From pictures, say, to logits.</param>
    /// <param name="input">One sample.</param>
    /// <param name="taps">Of blocks inside it that have weights to show.</param>
    /// <param name="readers">Says for a block and the shape of its input whose weights are wanted; at least one.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <returns>What the network answered, and a reading for each of the blocks.</returns>
    /// <exception cref="ArgumentException">A block that is no part of the network, or is used more than once.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A reader that does not exist.</exception>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public static (float[] Output, IReadOnlyList<AttentionReading> Readings) Of(
        Layer network,
        Tensor input,
        IReadOnlyList<AttentionTap> taps,
        Func<AttentionTap, Shape, IReadOnlyList<int>> readers,
        CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        Graph graph = new();
        Value output = network.BuildForInference(graph.Input("x", input.Shape));
        Value[] maps = [.. taps.Select(tap => BlockPlace.Find(tap.Block, network, output).Input)];
        IReadOnlyList<int>[] wanted = [.. taps.Select((tap, i) => readers(tap, maps[i].Shape))];
        Value[] rows = [.. taps.Select((tap, i) => tap.Rows(maps[i], [.. wanted[i]]))];
        IReadOnlyList<Tensor> seen = Program.Compile(graph, [output, .. rows], options).Run(input);
        return (
            seen[0].Span.ToArray(),
            [.. taps.Select((tap, i) => new AttentionReading(tap, maps[i].Shape, wanted[i], seen[i + 1].Span.ToArray()))]);
    }
}
